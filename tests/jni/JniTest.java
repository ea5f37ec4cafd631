/** Loads the native library; the path of it is the property "jnitest". */
public class JniTest {
    static void load() {
        System.load(System.getProperty("jnitest"));
    }
}
