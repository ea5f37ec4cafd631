// Enums: constant bodies, abstract methods, interfaces, valueOf, EnumMap and EnumSet, switches, reflection, singletons.
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

public class LangEnums {
    enum Op implements DoubleBinaryOperator {
        PLUS("+") { public double applyAsDouble(double a, double b) { return a + b; } },
        MINUS("-") { public double applyAsDouble(double a, double b) { return a - b; } @Override int priority() { return super.priority() + 1; } },
        TIMES("*") { final double scale = 1; public double applyAsDouble(double a, double b) { return a * b * scale; } };
        final String symbol;
        private static final Map<String, Op> BY_SYMBOL = new java.util.LinkedHashMap<>();
        static { for (Op o : values()) BY_SYMBOL.put(o.symbol, o); }
        Op(String symbol) { this.symbol = symbol; }
        int priority() { return ordinal() * 10; }
        static Op of(String s) { return BY_SYMBOL.get(s); }
    }

    enum Planet {
        MERCURY(3.303e+23, 2.4397e6), EARTH(5.976e+24, 6.37814e6), JUPITER(1.9e+27, 7.1492e7);
        final double mass, radius;
        Planet(double mass, double radius) { this.mass = mass; this.radius = radius; }
        double gravity() { return 6.67300E-11 * mass / (radius * radius); }
    }

    enum Single { INSTANCE; int count; int next() { return ++count; } }
    enum Nothing { }
    enum State {
        A { State next() { return B; } }, B { State next() { return C; } }, C { State next() { return A; } };
        abstract State next();
    }
    enum Lambdas { TWICE(x -> x * 2), NEGATE(x -> -x); final java.util.function.IntUnaryOperator op; Lambdas(java.util.function.IntUnaryOperator op) { this.op = op; } }
    enum Big { C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C20, C21, C22, C23, C24,
        C25, C26, C27, C28, C29, C30, C31, C32, C33, C34, C35, C36, C37, C38, C39, C40, C41, C42, C43, C44, C45, C46, C47, C48,
        C49, C50, C51, C52, C53, C54, C55, C56, C57, C58, C59, C60, C61, C62, C63, C64, C65 }

    public static void main(String[] args) throws Throwable {
        for (Op o : Op.values()) {
            System.out.println(o + " " + o.symbol + " " + o.applyAsDouble(7, 3) + " " + o.priority() + " " + o.getClass().getName()
                               + " " + o.getDeclaringClass().getSimpleName() + " " + o.compareTo(Op.MINUS) + " " + Op.of(o.symbol).name());
        }
        for (Planet p : Planet.values()) System.out.println(p + " " + p.gravity());
        System.out.println(Single.INSTANCE.next() + Single.valueOf("INSTANCE").next() + " " + Nothing.values().length);
        State s = State.A;
        for (int i = 0; i < 5; i++) System.out.print((s = s.next()) + " ");
        System.out.println(Lambdas.TWICE.op.applyAsInt(21) + Lambdas.NEGATE.op.andThen(x -> x * 3).applyAsInt(2));
        for (String name : new String[] {"PLUS", "plus", ""}) {
            try {
                System.out.println(Op.valueOf(name));
            } catch (IllegalArgumentException e) {
                System.out.println(e.getMessage());
            }
        }
        try {
            Op.valueOf(null);
        } catch (NullPointerException e) {
            System.out.println(e.getMessage());
        }
        EnumMap<Planet, String> map = new EnumMap<>(Planet.class);
        map.put(Planet.JUPITER, "big");
        map.put(Planet.EARTH, "home");
        System.out.println(map + " " + map.containsKey(Planet.MERCURY) + " " + map.remove(Planet.EARTH) + map.size());
        EnumSet<Big> set = EnumSet.range(Big.C3, Big.C64);
        set.removeIf(b -> b.ordinal() % 9 != 0);
        System.out.println(set + " " + EnumSet.complementOf(EnumSet.allOf(Big.class)) + " " + EnumSet.of(Op.TIMES, Op.PLUS) + set.contains(Big.C63));
        for (Class<?> c : new Class<?>[] {Op.class, Op.PLUS.getClass(), Planet.class}) {
            System.out.println(c.getName() + " " + c.isEnum() + " " + c.getSuperclass().getName() + " " + Arrays.toString(c.getEnumConstants()) + " "
                               + java.lang.reflect.Modifier.toString(c.getModifiers()));
        }
        var constructor = Single.class.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        try {
            constructor.newInstance("X", 1);
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        System.out.println(Planet.class.getField("EARTH").isEnumConstant() + " " + Planet.EARTH.equals(Planet.valueOf("EARTH")));
        var out = new java.io.ByteArrayOutputStream();
        try (var oos = new java.io.ObjectOutputStream(out)) {
            oos.writeObject(new Object[] {Op.MINUS, Single.INSTANCE, EnumSet.of(State.C)});
        }
        Object[] back = (Object[]) new java.io.ObjectInputStream(new java.io.ByteArrayInputStream(out.toByteArray())).readObject();
        System.out.println((back[0] == Op.MINUS) + " " + (back[1] == Single.INSTANCE) + " " + back[2]);
        System.out.println(Op.PLUS.describeConstable().get() + " " + Arrays.stream(Op.values()).map(Enum::name).toList());
    }
}
