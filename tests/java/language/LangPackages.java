// Method selection across packages: package-private methods are overridden only within their package (JVMS 5.4.5).
import langother.LangPackageMiddle;
import langpackage.LangPackageBase;
import langpackage.LangPackageReturn;

public class LangPackages {
    static class Here extends LangPackageMiddle {
        String packagePrivate() { return "here, not overriding"; }
        @Override public String open() { return "here " + super.open() + " " + packagePrivate() + " " + guarded(); }
        @Override protected String guarded() { return "here " + super.guarded(); }
        String viaReference() {
            java.util.function.Supplier<String> s = super::guarded, t = this::guarded;
            return s.get() + "/" + t.get() + "/" + counter;
        }
    }

    static class OnReturn extends LangPackageReturn {
        String packagePrivate() { return "on return, not overriding"; }
        class Reader { String read() { return guarded() + level + OnReturn.super.guarded(); } }
    }

    public static void main(String[] args) throws Exception {
        LangPackageBase[] all = {new LangPackageMiddle(), new LangPackageReturn(), new Here(), new OnReturn(), LangPackageBase.same(),
                                 new LangPackageBase() { String packagePrivate() { return "anonymous"; } }};
        for (LangPackageBase b : all) {
            System.out.println(b.getClass().getName() + ": " + b.callAll());
            System.out.println("  " + LangPackageBase.call(b));
            if (b instanceof LangPackageMiddle m) System.out.println("  " + m.own() + " | " + m.field + " | " + m.use());
        }
        System.out.println(new LangPackageReturn().callMiddle());
        System.out.println(new Here().viaReference());
        System.out.println(new OnReturn().new Reader().read());
        for (String name : new String[] {"packagePrivate", "guarded", "open", "shared"}) {
            for (Class<?> c = Here.class; c != Object.class; c = c.getSuperclass()) {
                try {
                    System.out.println(c.getDeclaredMethod(name));
                } catch (NoSuchMethodException e) {
                    System.out.println(e);
                }
            }
        }
        try {
            LangPackageBase.class.getDeclaredMethod("packagePrivate").invoke(new LangPackageMiddle());
        } catch (IllegalAccessException e) {
            System.out.println(e.getMessage());
        }
        var m = LangPackageBase.class.getDeclaredMethod("packagePrivate");
        m.setAccessible(true);
        for (LangPackageBase b : all) System.out.println(m.invoke(b));
        System.out.println(LangPackageBase.class.getPackageName() + " " + LangPackageMiddle.class.getPackage());
        try {
            LangPackageBase.callBack("not a callback");
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
    }
}
