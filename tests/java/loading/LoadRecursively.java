/* A loadClass that the VM called and that asks the VM for the same class again: HotSpot answers with ClassCircularityError. */
public class LoadRecursively extends ClassLoader {
    public static class Wanted { }

    static final String NAME = "LoadRecursively$Wanted";
    int depth;

    LoadRecursively() {
        super(LoadRecursively.class.getClassLoader());
    }

    @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.equals(NAME) && depth++ < 3) {
            System.out.println("  asked for it, " + depth);
            attempt(this);
        }
        return super.loadClass(name, resolve);
    }

    static final class Parallel extends LoadRecursively {
        static { registerAsParallelCapable(); }
    }

    static void attempt(ClassLoader loader) {
        try {
            System.out.println("  " + Class.forName(NAME, false, loader));
        } catch (Throwable e) {
            System.out.println("  " + e);
        }
    }

    public static void main(String[] args) throws Exception {
        for (LoadRecursively loader : new LoadRecursively[] {new LoadRecursively(), new Parallel()}) {
            System.out.println(loader.getClass());
            attempt(loader);
            loader.loadClass(NAME); /* not called by the VM */
            attempt(loader);
        }
    }
}
