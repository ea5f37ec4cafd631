// Helper of LangPackages: back in the package of the base, below a class of another package.
package langpackage;

public class LangPackageReturn extends langother.LangPackageMiddle {
    @Override String packagePrivate() { return "return overrides"; }
    public String callMiddle() { return open() + " via return"; }
}
