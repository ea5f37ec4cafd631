// Assertions enabled by -ea and selectively disabled by -da for one class; their messages and the loader's control.
public class LangAssertions {
    static class Silent {
        static String check(int x) {
            assert x > 0 : "never";
            return "silent passed";
        }
    }

    static class Checked {
        static String check(int x) {
            assert x > 0 : "x is " + x;
            return "checked passed";
        }
    }

    static class SideEffect {
        static int count;
        static boolean touch() { count++; return true; }
    }

    static String attempt(java.util.function.Supplier<String> s) {
        try {
            return s.get();
        } catch (AssertionError e) {
            return e + " / " + e.getMessage() + " / " + e.getCause();
        }
    }

    static String plain(boolean b) {
        assert b;
        return "plain";
    }

    static String typed(int kind) {
        switch (kind) {
            case 0: assert false : 5; break;
            case 1: assert false : 5L << 40; break;
            case 2: assert false : 'c'; break;
            case 3: assert false : 2.5; break;
            case 4: assert false : new IllegalStateException("becomes the cause"); break;
            case 5: assert false : null; break;
            default: assert false : true;
        }
        return "no";
    }

    public static void main(String[] args) {
        assert SideEffect.touch();
        assert SideEffect.touch() : SideEffect.touch();
        System.out.println(SideEffect.count);
        System.out.println(attempt(() -> Checked.check(1)) + " " + attempt(() -> Checked.check(-1)));
        System.out.println(attempt(() -> Silent.check(-1)));
        System.out.println(attempt(() -> plain(false)) + " " + attempt(() -> plain(true)));
        for (int k = 0; k < 7; k++) {
            int kind = k;
            System.out.println(attempt(() -> typed(kind)));
        }
        System.out.println(LangAssertions.class.desiredAssertionStatus() + " " + Checked.class.desiredAssertionStatus() + " "
                           + Silent.class.desiredAssertionStatus() + " " + String.class.desiredAssertionStatus());
        int line = 0;
        try {
            assert 1 > 2 : "where";
        } catch (AssertionError e) {
            line = e.getStackTrace()[0].getLineNumber();
        }
        System.out.println(line);
    }
}
