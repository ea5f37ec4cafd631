/* A fault of jtreg's java/lang/ClassLoader/ExtDirs: the mechanism that JDK 9 removed must be refused, not ignored. */
public class RemovedDirs {
    public static void main(String[] args) {
        System.out.println("not reached");
    }
}
