import groovy.lang.GroovyShell;
import java.nio.charset.StandardCharsets;
import org.mozilla.javascript.Context;

/** What evaluates scripts in the isolate: handlers from bytes to bytes. It guards against nothing: the isolate does. */
public final class Scripts {
    private Scripts() { }

    /** In both languages, which a program that was warmed up with it knows then. */
    public static byte[] handle(byte[] script) {
        return bytes(text(javascript(script)) + ' ' + text(groovy(script)));
    }

    public static byte[] javascript(byte[] script) {
        Context context = Context.enter();
        try {
            context.setOptimizationLevel(-1); /* interpreted: a script runs once */
            Object result = context.evaluateString(context.initStandardObjects(), text(script), "script", 1, null);
            return bytes(Context.toString(result));
        } finally {
            Context.exit();
        }
    }

    public static byte[] groovy(byte[] script) {
        return bytes(String.valueOf(new GroovyShell().evaluate(text(script))));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
