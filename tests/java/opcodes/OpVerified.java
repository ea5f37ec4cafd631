/* Instructions that an old verifier does not know or takes for too big: short loads of dynamic constants, calls with 255
 * operands behind a receiver, super calls in interfaces of a class with a huge constant pool.  Right ones run, wrong ones are
 * refused, also where jumps, switches and handlers surround them. */
import java.lang.invoke.MethodHandles;

public class OpVerified {
    static final String STRING = "Ljava/lang/String;", LOOKUP = "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;";
    static final String INTS = "I".repeat(254), MANY = "(" + INTS + STRING + ")V";

    public static String text(MethodHandles.Lookup lookup, String name, Class<?> type) {
        return "constant " + name;
    }

    public static StringBuilder builder(MethodHandles.Lookup lookup, String name, Class<?> type) {
        return new StringBuilder("builder " + name);
    }

    static ClassBytes type(String name) {
        return new ClassBytes("public", name, "java/lang/Object").version(55, 0).constructor("java/lang/Object");
    }

    static String outcome(ClassBytes c, String method, Object... arguments) {
        return new ClassBytes.Loader(c).outcome(c.name, method, arguments).replaceAll("(?s)(VerifyError|NoSuchMethodError).*", "$1");
    }

    /* An instruction that becomes longer, `instruction`, with `before` and `after` it, amid all that knows positions. */
    static String amid(String instruction, String before, String after) {
        return ".stack 300 | .locals 3 | iconst_0 | istore_1 | aconst_null | astore_2 | goto test | again: | "
            + ".frame again int int java/lang/String / | start: | iload_0 | tableswitch 0 other zero one | "
            + "zero: | .frame zero int int java/lang/String / | " + before + " | " + instruction + " | " + after + " | goto next | "
            + "one: | .frame one int int java/lang/String / | iload_1 | lookupswitch other 0=next 5=other | "
            + "other: | .frame other int int java/lang/String / | " + before + " | " + instruction + " | " + after + " | end: | "
            + "goto next | handler: | .frame handler int int java/lang/String / java/lang/Throwable | invokevirtual "
            + "java/lang/Throwable.toString ()" + STRING + " | astore_2 | next: | .frame next int int java/lang/String / | "
            + "iinc 1 1 | test: | .frame test int int java/lang/String / | iload_1 | iconst_2 | if_icmplt again | aload_2 | areturn | "
            + ".catch any start end handler";
    }

    static void shortConstants() {
        ClassBytes c = type("Short");
        int text = c.bootstrap("OpVerified.text", LOOKUP + "Ljava/lang/Class;)" + STRING);
        int builder = c.bootstrap("OpVerified.builder", LOOKUP + "Ljava/lang/Class;)Ljava/lang/StringBuilder;");
        c.method("public static", "plain", "()" + STRING, "ldc dyn " + text + " plain " + STRING + " | areturn");
        c.method("public static", "amid", "(I)" + STRING, amid("ldc dyn " + text + " amid " + STRING, "nop", "astore_2"));
        c.method("public static", "other", "()I", "ldc dyn " + builder + " four Ljava/lang/StringBuilder; | "
            + "invokevirtual java/lang/StringBuilder.length ()I | ireturn");
        c.method("public static", "named", "()" + STRING, "ldc dyn " + text + " <init> " + STRING + " | pop | ldc_w dyn " + text
            + " <clinit> " + STRING + " | areturn");
        System.out.println(outcome(c, "named") + ", " + outcome(c, "plain") + ", " + outcome(c, "amid", 0) + ", " + outcome(c, "amid", 7) + ", " + outcome(c, "other"));
        ClassBytes wrong = type("ShortWrong");
        int wrongText = wrong.bootstrap("OpVerified.text", LOOKUP + "Ljava/lang/Class;)" + STRING);
        wrong.method("public static", "run", "()I", "ldc dyn " + wrongText + " wrong " + STRING
            + " | invokevirtual java/lang/StringBuilder.length ()I | ireturn");
        System.out.println(outcome(wrong, "run"));
        ClassBytes assigned = type("ShortAssigned");
        int constant = assigned.bootstrap("OpVerified.builder", LOOKUP + "Ljava/lang/Class;)Ljava/lang/StringBuilder;");
        assigned.method("public static", "run", "(I)" + STRING, amid("ldc dyn " + constant + " x Ljava/lang/StringBuilder;", "nop", "astore_2"));
        System.out.println(outcome(assigned, "run", 0));
    }

    /* Jumps that reach only just: the code between them becomes longer. */
    static void farJumps() {
        ClassBytes c = type("Far");
        int text = c.bootstrap("OpVerified.text", LOOKUP + "Ljava/lang/Class;)" + STRING);
        for (int spare : new int[] {0, 1, 2, 3}) {
            c.method("public static", "far" + spare, "(I)" + STRING, "iconst_0 | istore_1 | again: | .frame again int int / | iload_1 | iconst_2 | "
                + "if_icmpge done | iinc 1 1 | ldc dyn " + text + " far" + spare + " " + STRING + " | pop | "
                + "nop | ".repeat(32767 - 12 - spare) + "goto again | done: | .frame done int int / | " + "ldc string done" + spare + " | areturn");
            System.out.println(outcome(c, "far" + spare, 1));
        }
    }

    static String pushes(String last) {
        return "iconst_1 | ".repeat(254) + last;
    }

    static void manyOperands() {
        for (String last : new String[] {"ldc string s", "aconst_null", "iconst_0", "aload_0"}) {
            ClassBytes c = type("Many").method("public", "run", "()V", ".stack 300 | aload_0 | " + pushes(last)
                + " | invokevirtual Many.none " + MANY + " | return");
            c.method("public static", "main", "()V", "new Many | dup | invokespecial Many.<init> ()V | invokevirtual Many.run ()V | return");
            System.out.println(last + ": " + outcome(c, "main"));
        }
        String call = "invokevirtual Amid.none " + MANY;
        String receiver = "new Amid | dup | invokespecial Amid.<init> ()V | ";
        for (String last : new String[] {"aload_2", "iload_1"}) {
            ClassBytes c = type("Amid").method("public static", "run", "(I)" + STRING, amid(call, receiver + pushes(last), "nop"));
            System.out.println(last + " amid: " + outcome(c, "run", 0));
        }
        ClassBytes made = type("Made").method("public static", "run", "()V", ".stack 300 | new Made | dup | " + pushes("ldc string s")
            + " | invokespecial Made.<init> " + MANY + " | pop | return");
        System.out.println("made: " + outcome(made, "run"));
        ClassBytes statics = type("Statics").method("public static", "run", "()V", ".stack 300 | " + pushes("ldc string s")
            + " | invokestatic Statics.all " + MANY + " | return").method("public static", "all", MANY, ".locals 255 | return");
        System.out.println("static: " + outcome(statics, "run"));
        ClassBytes old = type("Old").version(49, 0).method("public", "run", "()V", ".stack 300 | aload_0 | " + pushes("aconst_null")
            + " | invokevirtual Old.none " + MANY + " | return").method("public static", "main", "()V", "return");
        System.out.println("old: " + outcome(old, "main"));
    }

    /* Also the longest type there can be. */
    static void hugePools() {
        ClassBytes c = new ClassBytes("public", "Huge", "java/lang/Object", "OpVerified$Greeter").version(55, 0)
            .constructor("java/lang/Object");
        for (int i = 0; i < 65400; i++) c.loadable("int", "" + i);
        c.method("public", "greet", "(" + STRING + ")" + STRING, "aload_0 | aload_1 | invokespecial OpVerified$Greeter.greet ("
            + STRING + ")" + STRING + " interface | areturn");
        c.method("public static", "run", "()" + STRING, "new Huge | dup | invokespecial Huge.<init> ()V | ldc_w string you | "
            + "invokevirtual Huge.greet (" + STRING + ")" + STRING + " | areturn");
        System.out.println(outcome(c, "run"));
        ClassBytes wrong = new ClassBytes("public", "Wrong", "java/lang/Object", "OpVerified$Greeter").version(55, 0)
            .constructor("java/lang/Object");
        for (int i = 0; i < 65000; i++) wrong.loadable("int", "" + i);
        wrong.method("public static", "run", "()" + STRING, "ldc_w string me | dup | invokespecial OpVerified$Greeter.greet ("
            + STRING + ")" + STRING + " interface | areturn");
        System.out.println(outcome(wrong, "run"));
        ClassBytes longest = type("Longest");
        int text = longest.bootstrap("OpVerified.text", LOOKUP + "Ljava/lang/Class;)" + STRING);
        longest.method("public static", "run", "(I)I", "iload_0 | ifeq skip | ldc_w dyn " + text + " x L" + "x".repeat(65533)
            + "; | pop | skip: | .frame skip int / | iload_0 | ireturn");
        System.out.println(outcome(longest, "run", 0) + ", " + outcome(longest, "run", 1).replaceAll("x{1000,}", "x..."));
    }

    public interface Greeter {
        default String greet(String whom) {
            return "hello " + whom;
        }
    }

    public static void main(String[] args) {
        shortConstants();
        farJumps();
        manyOperands();
        hugePools();
    }
}
