import java.util.ArrayList;
import java.util.List;

/** Incremental constraint propagation in the spirit of DeltaBlue: chains and scaled projections over strengths. */
final class DeltaBlue {
    private DeltaBlue() { }

    static final class Variable {
        int value;
        Constraint determinedBy;
        int walkStrength = 6;
        final List<Constraint> constraints = new ArrayList<>();

        Variable(int value) {
            this.value = value;
        }
    }

    abstract static class Constraint {
        final int strength;

        Constraint(int strength) {
            this.strength = strength;
        }

        abstract Variable output();

        abstract void execute();

        abstract boolean inputsKnown(List<Variable> done);
    }

    static final class Edit extends Constraint {
        final Variable v;
        int to;

        Edit(Variable v, int strength) {
            super(strength);
            this.v = v;
            v.constraints.add(this);
        }

        @Override
        Variable output() {
            return v;
        }

        @Override
        void execute() {
            v.value = to;
        }

        @Override
        boolean inputsKnown(List<Variable> done) {
            return true;
        }
    }

    static class Equal extends Constraint {
        final Variable in, out;

        Equal(Variable in, Variable out, int strength) {
            super(strength);
            this.in = in;
            this.out = out;
            in.constraints.add(this);
            out.constraints.add(this);
        }

        @Override
        Variable output() {
            return out;
        }

        @Override
        void execute() {
            out.value = in.value;
        }

        @Override
        boolean inputsKnown(List<Variable> done) {
            return in.determinedBy != null || done.contains(in);
        }
    }

    static final class Scale extends Equal {
        final Variable factor, offset;

        Scale(Variable in, Variable factor, Variable offset, Variable out, int strength) {
            super(in, out, strength);
            this.factor = factor;
            this.offset = offset;
        }

        @Override
        void execute() {
            out.value = in.value * factor.value + offset.value;
        }
    }

    static List<Constraint> plan(Constraint start) {
        List<Constraint> plan = new ArrayList<>();
        List<Constraint> todo = new ArrayList<>();
        List<Variable> done = new ArrayList<>();
        todo.add(start);
        while (!todo.isEmpty()) {
            Constraint c = todo.remove(todo.size() - 1);
            Variable out = c.output();
            if (out.determinedBy == c || !c.inputsKnown(done) || out.walkStrength < c.strength) {
                continue;
            }
            out.determinedBy = c;
            out.walkStrength = c.strength;
            plan.add(c);
            for (Constraint next : out.constraints) {
                if (next != c && next.output() != out) {
                    todo.add(next);
                }
            }
        }
        return plan;
    }

    static long run() {
        long hash = 0;
        int n = 400;
        Variable[] chain = new Variable[n + 1];
        for (int i = 0; i <= n; i++) {
            chain[i] = new Variable(0);
            if (i > 0) {
                if (i % 5 == 0) {
                    new Scale(chain[i - 1], new Variable(3), new Variable(i), chain[i], 2);
                } else {
                    new Equal(chain[i - 1], chain[i], 2);
                }
            }
        }
        Edit edit = new Edit(chain[0], 1);
        List<Constraint> plan = plan(edit);
        for (int round = 0; round < 100; round++) {
            edit.to = round;
            for (Constraint c : plan) {
                c.execute();
            }
            hash = hash * 31 + chain[n].value;
        }
        return hash + plan.size();
    }
}
