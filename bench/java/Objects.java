import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What object-oriented programs do: calls, allocation, strings, maps, exceptions, lambdas, monitors, reflection, JNI. */
public class Objects {
    public static void main(String[] args) throws Exception {
        Bench.run("richards", 220241L, () -> new Richards().run());
        Bench.run("deltablue", 429447991550678083L, DeltaBlue::run);
        Bench.run("json", 2105L, Objects::json);
        Bench.run("bytecode", 4133373344L, Objects::bytecode);
        Bench.run("strings", 8514731060131934239L, Objects::strings);
        Bench.run("hashmap", 49990522L, Objects::hashMap);
        Bench.run("exceptions", 3000L, Objects::exceptions);
        Bench.run("lambdas", 57169629L, Objects::lambdas);
        Bench.run("monitors", 0L, Objects::monitors);
        Bench.run("allocation", 29970000L, Objects::allocation);
        Bench.run("interfaces", 97335000L, Objects::interfaces);
        Bench.run("typechecks", 97500L, Objects::typeChecks);
        Method m = Objects.class.getDeclaredMethod("target", int.class, String.class);
        Bench.run("reflection", 8010000L, () -> reflection(m));
        Bench.run("jni", 19999879L, Objects::jni);
        Bench.run("arraycopy", 8402208300994968594L, Objects::arraycopy);
        Bench.run("virtual", 2667066780000L, Objects::virtual);
    }

    static long json() {
        StringBuilder b = new StringBuilder("[");
        for (int i = 0; i < 120; i++) {
            b.append(i == 0 ? "" : ",").append("{\"id\":").append(i).append(",\"name\":\"item ").append(i)
                    .append("\",\"tags\":[true,false,null,").append(i * 0.5).append("]}");
        }
        Object value = new Json(b.append("]").toString()).parse();
        return count(value);
    }

    static long count(Object o) {
        if (o instanceof List) {
            long n = 1;
            for (Object e : (List<?>) o) {
                n += count(e);
            }
            return n;
        }
        if (o instanceof Map) {
            long n = 1;
            for (Object e : ((Map<?, ?>) o).values()) {
                n += count(e);
            }
            return n;
        }
        return o == null ? 0 : o.hashCode() & 7;
    }

    static final class Json {
        final String s;
        int at;

        Json(String s) {
            this.s = s;
        }

        Object parse() {
            char c = s.charAt(at);
            if (c == '[') {
                List<Object> list = new ArrayList<>();
                do {
                    at++;
                    list.add(parse());
                } while (s.charAt(at) == ',');
                at++;
                return list;
            }
            if (c == '{') {
                Map<String, Object> map = new HashMap<>();
                do {
                    at++;
                    String key = string();
                    at++;
                    map.put(key, parse());
                } while (s.charAt(at) == ',');
                at++;
                return map;
            }
            if (c == '"') {
                return string();
            }
            if (c == 't' || c == 'n') {
                at += 4;
                return c == 't' ? Boolean.TRUE : null;
            }
            if (c == 'f') {
                at += 5;
                return Boolean.FALSE;
            }
            int start = at;
            while ("+-.0123456789eE".indexOf(s.charAt(at)) >= 0) {
                at++;
            }
            return Double.valueOf(s.substring(start, at));
        }

        String string() {
            StringBuilder b = new StringBuilder();
            while (s.charAt(++at) != '"') {
                b.append(s.charAt(at));
            }
            at++;
            return b.toString();
        }
    }

    /** A little stack machine: sums the numbers below 20,000 that are not divisible by three. */
    static long bytecode() {
        int[] code = {0, 0, 1, 0, 0, 0, 2, 3, 3, 4, 8, 5, 6, 7, 9, 10, 20000, 11};
        int pc = 2, i = 0, acc = 0;
        int[] stack = new int[8];
        int sp = 0;
        long steps = 0;
        while (true) {
            steps++;
            switch (code[pc]) {
            case 0: pc++; break;
            case 1: pc++; break;
            case 2: stack[sp++] = i; pc++; break;
            case 3: stack[sp++] = 3; pc += 2; break;
            case 4: sp--; stack[sp - 1] = stack[sp - 1] % stack[sp]; pc++; break;
            case 8: if (stack[--sp] == 0) { pc += 3; } else { pc++; } break;
            case 5: stack[sp++] = acc; pc++; break;
            case 6: acc = stack[--sp] + i; pc++; break;
            case 7: pc++; break;
            case 9: i++; pc++; break;
            case 10: pc = i < code[pc + 1] ? 2 : pc + 2; break;
            case 11: return acc * 31L + steps;
            default: throw new AssertionError(code[pc]);
            }
        }
    }

    static long strings() {
        StringBuilder b = new StringBuilder();
        long hash = 0;
        for (int i = 0; i < 3000; i++) {
            b.append(i).append(',').append("x" + i % 7);
            if (b.length() > 200) {
                hash = hash * 31 + b.toString().hashCode();
                b.setLength(0);
            }
        }
        for (String part : "a,b,c,d,e,f".repeat(100).split(",")) {
            hash = hash * 31 + part.toUpperCase().hashCode();
        }
        return hash;
    }

    static long hashMap() {
        Map<Integer, Integer> map = new HashMap<>();
        for (int i = 0; i < 20000; i++) {
            map.merge(i * 7 % 5003, 1, Integer::sum);
        }
        long sum = 0;
        for (Map.Entry<Integer, Integer> e : map.entrySet()) {
            sum += (long) e.getKey() * e.getValue();
        }
        return sum;
    }

    static int thrower(int depth, int i) {
        if (depth == 0) {
            throw new IllegalStateException("x");
        }
        return thrower(depth - 1, i) + 1;
    }

    static long exceptions() {
        long caught = 0;
        for (int i = 0; i < 3000; i++) {
            try {
                caught += thrower(5, i);
            } catch (IllegalStateException e) {
                caught += e.getMessage().length();
            }
        }
        return caught;
    }

    static long lambdas() {
        return IntStream.range(0, 20000).filter(i -> i % 3 == 0).mapToObj(Integer::toString).mapToLong(String::length).sum()
                + IntStream.range(0, 20000).map(i -> i * 2).filter(i -> i % 7 == 1).boxed().mapToLong(i -> i).sum();
    }

    private int locked;

    synchronized void bump(int by) {
        locked += by;
    }

    static long monitors() {
        Objects o = new Objects();
        for (int i = 0; i < 60000; i++) {
            o.bump(i);
            synchronized (o) {
                o.locked ^= i;
            }
        }
        return o.locked;
    }

    static final class Cell {
        final int value;
        final Cell next;

        Cell(int value, Cell next) {
            this.value = value;
            this.next = next;
        }
    }

    static long allocation() {
        long sum = 0;
        for (int round = 0; round < 60; round++) {
            Cell list = null;
            for (int i = 0; i < 1000; i++) {
                list = new Cell(i, list);
            }
            for (Cell c = list; c != null; c = c.next) {
                sum += c.value;
            }
        }
        return sum;
    }

    interface Shape {
        int area();

        default int twice() {
            return 2 * area();
        }
    }

    static final class Square implements Shape {
        final int side;

        Square(int side) {
            this.side = side;
        }

        @Override
        public int area() {
            return side * side;
        }
    }

    static final class Box implements Shape {
        final int w, h;

        Box(int w, int h) {
            this.w = w;
            this.h = h;
        }

        @Override
        public int area() {
            return w * h;
        }
    }

    static long interfaces() {
        Shape[] shapes = new Shape[64];
        for (int i = 0; i < shapes.length; i++) {
            shapes[i] = i % 3 == 0 ? new Square(i) : new Box(i, 2);
        }
        long sum = 0;
        for (int round = 0; round < 1000; round++) {
            for (Shape s : shapes) {
                sum += s.area() + s.twice();
            }
        }
        return sum;
    }

    static long typeChecks() {
        Object[] objects = {"s", 1, 2L, new int[0], new ArrayList<>(), 'c', new Object[0], 1.5};
        long n = 0;
        for (int i = 0; i < 60000; i++) {
            Object o = objects[i & 7];
            if (o instanceof Number) {
                n += ((Number) o).intValue();
            } else if (o instanceof CharSequence) {
                n += ((CharSequence) o).length();
            } else if (o instanceof List) {
                n += 3;
            } else if (o instanceof int[]) {
                n += 5;
            }
        }
        return n;
    }

    public static int target(int a, String b) {
        return a + b.length();
    }

    static long reflection(Method m) {
        try {
            long sum = 0;
            for (int i = 0; i < 4000; i++) {
                sum += (Integer) m.invoke(null, i, "abc");
            }
            return sum;
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Math.fma has no native, StrictMath.sin has: JNI calls with double arguments; Runtime.availableProcessors without. */
    static long jni() {
        double sum = 0;
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 20000; i++) {
            sum += StrictMath.sin(i) + (runtime.freeMemory() > 0 ? 1 : 0);
        }
        return (long) (sum * 1000);
    }

    static long arraycopy() {
        int[] a = new int[300], b = new int[300];
        for (int i = 0; i < a.length; i++) {
            a[i] = i;
        }
        for (int i = 0; i < 20000; i++) {
            System.arraycopy(a, i % 100, b, i % 50, 200);
        }
        long hash = 0;
        for (int v : b) {
            hash = hash * 31 + v;
        }
        return hash;
    }

    abstract static class Node {
        abstract int eval(int x);
    }

    static final class Const extends Node {
        final int v;

        Const(int v) {
            this.v = v;
        }

        @Override
        int eval(int x) {
            return v;
        }
    }

    static final class Var extends Node {
        @Override
        int eval(int x) {
            return x;
        }
    }

    static final class Add extends Node {
        final Node a, b;

        Add(Node a, Node b) {
            this.a = a;
            this.b = b;
        }

        @Override
        int eval(int x) {
            return a.eval(x) + b.eval(x);
        }
    }

    static final class Mul extends Node {
        final Node a, b;

        Mul(Node a, Node b) {
            this.a = a;
            this.b = b;
        }

        @Override
        int eval(int x) {
            return a.eval(x) * b.eval(x);
        }
    }

    static long virtual() {
        Node n = new Add(new Mul(new Var(), new Var()), new Add(new Mul(new Const(3), new Var()), new Const(7)));
        long sum = 0;
        for (int i = 0; i < 20000; i++) {
            sum += n.eval(i);
        }
        return sum;
    }
}
