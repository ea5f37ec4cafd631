// Helper of LangPackages: a class of another package with members of every access.
package langpackage;

public class LangPackageBase {
    String packagePrivate() { return "base package-private"; }
    protected String guarded() { return "base protected"; }
    public String open() { return "base public"; }
    static String shared() { return "base static"; }
    protected static int counter = 10;
    protected int level = 1;
    String field = "base field";

    public String callAll() {
        return packagePrivate() + ", " + guarded() + ", " + open() + ", " + shared() + ", " + field + " " + level;
    }

    public static String call(LangPackageBase b) { return b.packagePrivate(); }

    protected static class Inner { protected Inner() { } public String name() { return "protected inner"; } }
    protected interface Callback { String back(String s); }

    protected LangPackageBase() { }

    public static LangPackageBase same() {
        return new LangPackageBase() {
            @Override String packagePrivate() { return "same package overrides"; }
        };
    }

    public static String callBack(Object o) { return ((Callback) o).back("x"); }
}
