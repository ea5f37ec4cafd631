// Helper of LangPackages: in another package, so that its packagePrivate() does not override the base's.
package langother;

public class LangPackageMiddle extends langpackage.LangPackageBase {
    String packagePrivate() { return "middle, not overriding"; }
    @Override protected String guarded() { return "middle protected"; }
    public String own() { return packagePrivate(); }
    static String shared() { return "middle static"; }
    public String field = "middle field";
    public String use() {
        level += 5;
        counter++;
        Callback c = s -> s + level + counter;
        return callBack(c) + new Inner() { }.name() + super.guarded() + super.level;
    }
}
