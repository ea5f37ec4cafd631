import java.security.Permission;
import java.security.Security;
import jdk.internal.misc.Unsafe;

/** What a security manager may refuse: packages, when a reference to one of their classes is resolved. */
@SuppressWarnings({"deprecation", "removal"})
public class PackageAccess {
    static class Manager extends SecurityManager {
        boolean refuse;

        @Override
        public void checkPermission(Permission permission) {
        }

        @Override
        public void checkPackageAccess(String name) {
            if (refuse && name.equals("jdk.internal.misc"))
                throw new SecurityException("no " + name);
        }
    }

    /** Verifying this class looks at more than is resolved: it must not fail. */
    static class User {
        static String use(boolean really) {
            try {
                Unsafe unsafe = really ? Unsafe.getUnsafe() : null;
                return unsafe == null ? "not used" : "used";
            } catch (SecurityException e) {
                return e.toString();
            }
        }
    }

    static class Other {
        static Object array() {
            return new Unsafe[0];
        }
    }

    static class Sub extends jdk.internal.misc.VM {
    }

    public static void main(String[] args) throws Exception {
        Manager manager = new Manager();
        System.setSecurityManager(manager);
        manager.refuse = true;
        System.out.println(User.use(false));
        System.out.println(User.use(true));
        try {
            System.out.println(Other.array());
        } catch (SecurityException e) {
            System.out.println(e);
        }
        try {
            new Sub();
        } catch (SecurityException e) {
            System.out.println(e);
        }
        try {
            Class.forName("jdk.internal.misc.Unsafe");
        } catch (SecurityException e) {
            System.out.println(e);
        }
        manager.refuse = false;
        System.out.println(User.use(true));
        System.out.println(Other.array().getClass());
        System.setSecurityManager(null);
        System.setSecurityManager(new SecurityManager());
        System.out.println(Security.getProvider("XMLDSig"));
        System.out.println(Security.getProviders().length);
    }
}
