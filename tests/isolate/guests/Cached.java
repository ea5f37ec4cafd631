import cloister.isolate.Isolate;
import cloister.isolate.WorkloadCache;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

public class Cached {
    public static byte[] handle(byte[] message) { return message; }
    public static boolean put(String key, String value) { return WorkloadCache.put(key, value.getBytes(StandardCharsets.UTF_8)); }
    public static boolean put(String key, String value, int seconds) {
        return WorkloadCache.put(key, value.getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(seconds));
    }
    public static boolean fill(String key, int bytes) { return WorkloadCache.put(key, new byte[bytes]); }
    public static String get(String key) {
        byte[] value = WorkloadCache.get(key);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }
    public static int size(String key) { byte[] value = WorkloadCache.get(key); return value == null ? -1 : value.length; }
    public static void remove(String key) { WorkloadCache.remove(key); }
    public static boolean shared() { return WorkloadCache.isShared(); }
    public static String self() {
        Isolate self = Isolate.self();
        return self == null ? "outside" : self.name() + " " + self.cloneNumber() + " " + (self.memoryLimit() >> 20) + " " + self.processors();
    }
    public static void main(String[] args) {
        System.out.println(self() + " " + shared() + " " + put("a", "1") + " " + get("a") + " " + fill("big", 70 << 20) + " " + size("big"));
        for (int i = 0; i < 200; i++) fill("f" + i, 1 << 20);
        System.out.println(get("a") + " " + size("f0") + " " + size("f199"));
        remove("f199");
        WorkloadCache.put("long", new byte[3], Duration.ofSeconds(Long.MAX_VALUE, 999_999_999));
        System.out.println(size("f199") + " " + size("long"));
    }
}
