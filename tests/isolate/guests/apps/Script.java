import groovy.lang.Binding;
import groovy.lang.GroovyShell;

/** A handler in Groovy: scripts that are compiled in the call. */
public class Script {
    private static final Binding binding = new Binding();
    private static final GroovyShell shell = new GroovyShell(binding);

    public static String ask(int n) {
        if (n < 0)
            return String.valueOf(shell.evaluate("[1, 2].collect { it * 2 }.sum()"));
        binding.setVariable("n", n);
        return String.valueOf(shell.evaluate("seen = binding.hasVariable('seen') ? seen + n : [n]; "
                + "def words = (1..n % 7 + 3).collect { \"w${it * n}\" }; [seen, words.join('-'), words*.length().sum(), 3G ** n]"));
    }

    public static void main(String[] args) {
        System.out.println(ask(Integer.parseInt(args[0])));
    }
}
