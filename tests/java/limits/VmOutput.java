/** With -XX:+DisplayVMOutputToStderr what the VM says about an OutOfMemoryError does not go to standard output. */
public class VmOutput {
    public static void main(String[] args) {
        try {
            System.out.println(new double[Integer.MAX_VALUE].length);
        } catch (OutOfMemoryError e) {
            System.out.println(e.getMessage());
        }
    }
}
