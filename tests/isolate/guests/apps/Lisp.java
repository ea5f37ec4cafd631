import clojure.java.api.Clojure;
import clojure.lang.IFn;

/** A handler in Clojure: expressions that it reads and compiles, over state that was there when it was saved. */
public class Lisp {
    private static final IFn evaluate = (IFn) Clojure.var("clojure.core", "load-string");

    static {
        evaluate.invoke("(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))"
                + "(def seen (atom [])) (defn note [x] (swap! seen conj x))");
    }

    public static String ask(int n) {
        return (String) evaluate.invoke(n < 0 ? "(pr-str (fib 5))"
                : "(note " + n + ") (pr-str {:fib (fib (+ 5 (mod " + n + " 10))) :seen @seen :big (reduce *' (range 1 (+ 20 " + n + "))) "
                + ":even (take 3 (filter even? (iterate inc " + n + ")))})");
    }

    public static void main(String[] args) {
        System.out.println(ask(Integer.parseInt(args[0])));
    }
}
