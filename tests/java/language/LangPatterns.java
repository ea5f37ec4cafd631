// Sealed hierarchies, pattern matching with instanceof, switch expressions with yield, exhaustive enums, text blocks.
public class LangPatterns {
    sealed interface Shape permits Circle, Square, Polygon { }
    record Circle(double r) implements Shape { }
    record Square(double side) implements Shape { }
    static sealed abstract class Polygon implements Shape permits Triangle, Free { abstract int sides(); }
    static final class Triangle extends Polygon { int sides() { return 3; } }
    static non-sealed class Free extends Polygon { int sides() { return 5; } }
    static class Freer extends Free { @Override int sides() { return 6; } }
    enum Day { MON, TUE, WED, THU, FRI, SAT, SUN }

    static double area(Shape s) {
        if (s instanceof Circle c && c.r() > 0) return Math.round(Math.PI * c.r() * c.r() * 100) / 100.0;
        if (!(s instanceof Square q)) return s instanceof Polygon p ? -p.sides() : Double.NaN;
        return q.side() * q.side();
    }

    static String kind(Object o) {
        return o instanceof Integer i && i > 10 ? "big int " + (i + 1)
             : o instanceof Integer i ? "int " + (i - 1)
             : o instanceof String s && !s.isEmpty() ? "string " + s.charAt(0)
             : o instanceof CharSequence cs ? "chars " + cs.length()
             : o instanceof int[] a && a.length > 1 ? "ints " + a[1]
             : o instanceof Object[] a ? "objects " + a.length
             : "other " + (o == null);
    }

    static int letters(Day d) {
        return switch (d) {
            case MON, FRI, SUN -> 6;
            case TUE -> 7;
            case THU, SAT -> {
                int x = d.ordinal();
                yield x * 10;
            }
            case WED -> 9;
        };
    }

    static String old(int k) {
        String s = switch (k) {
            case 1: yield "one";
            case 2: System.out.print("[two falls]");
            case 3: yield "two or three";
            default: {
                try {
                    yield "try " + 10 / k;
                } catch (ArithmeticException e) {
                    yield "caught";
                } finally {
                    System.out.print("[finally]");
                }
            }
        };
        return s;
    }

    static Object typed(String s) {
        return switch (s) {
            case "int" -> 1;
            case "long" -> 2L;
            case "double" -> 3.0;
            case "throw" -> throw new IllegalStateException("thrown in switch");
            default -> s.length() > 3 ? switch (s.charAt(0)) { case 'x' -> 'y'; default -> "nested"; } : null;
        };
    }

    static final String BLOCK = """
        Hello,
          "quoted" and \"""triple\"""
        tab\there \
        joined
        trailing \s
        unicode \u0041 octal \101
        """;

    public static void main(String[] args) {
        Shape[] shapes = {new Circle(2), new Circle(-1), new Square(1.5), new Triangle(), new Free(), new Freer()};
        for (Shape s : shapes) System.out.println(s.getClass().getSimpleName() + " " + area(s));
        Object[] objects = {5, 50, "str", "", new StringBuilder("sb"), new int[] {7, 8}, new int[0], new String[3], null, 2.5};
        for (Object o : objects) System.out.println(kind(o));
        for (Day d : Day.values()) System.out.print(letters(d) + " ");
        System.out.println();
        for (int k = 0; k < 5; k++) System.out.println(old(k));
        for (String s : new String[] {"int", "long", "double", "throw", "xyz", "xyzz", "abcd"}) {
            try {
                Object o = typed(s);
                System.out.println(s + " " + o + " " + (o == null ? null : o.getClass().getSimpleName()));
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
        try {
            letters(null);
        } catch (NullPointerException e) {
            System.out.println("null day");
        }
        System.out.print(BLOCK.replace(' ', '.'));
        System.out.println(BLOCK.lines().count() + " " + BLOCK.length() + " " + "a\\tb".translateEscapes() + " " + "  x\n y".stripIndent());
        System.out.println(Shape.class.isSealed() + " " + Free.class.isSealed() + " " + Freer.class.isSealed());
        for (Class<?> c : Shape.class.getPermittedSubclasses()) System.out.println(c);
        for (Class<?> c : Polygon.class.getPermittedSubclasses()) System.out.println(c);
        System.out.println(Circle.class.getPermittedSubclasses());
        boolean b = objects[0] instanceof Integer i && (i += 3) == 8;
        System.out.println(b + " " + objects[0]);
        while (!(objects[1] instanceof String s)) objects[1] = "loop" + objects[1];
        System.out.println(s.toUpperCase());
    }
}
