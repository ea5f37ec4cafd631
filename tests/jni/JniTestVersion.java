/** A library with an unusable JNI_OnLoad is refused. */
public class JniTestVersion {
    public static void main(String[] args) {
        try {
            System.load(System.getProperty("jnitest").replace("libjnitest", "libbadversion"));
        } catch (UnsatisfiedLinkError e) {
            System.out.println(e);
        }
    }
}
