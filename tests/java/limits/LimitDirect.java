import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Direct buffers beyond -XX:MaxDirectMemorySize are an OutOfMemoryError; those that nobody holds make room. */
public class LimitDirect {
    static final int MIB = 1 << 20;

    static int fill(List<ByteBuffer> buffers) {
        try {
            while (buffers.size() < 100)
                buffers.add(ByteBuffer.allocateDirect(MIB));
        } catch (OutOfMemoryError e) {
            System.out.println(e);
        }
        return buffers.size();
    }

    static void refuse(int bytes) {
        try {
            System.out.println(ByteBuffer.allocateDirect(bytes).capacity());
        } catch (OutOfMemoryError e) {
            System.out.println(e.getMessage());
        }
    }

    public static void main(String[] args) {
        List<ByteBuffer> buffers = new ArrayList<>();
        System.out.println(fill(buffers));
        refuse(1);
        buffers.get(7).putInt(0, 42);
        System.out.println(buffers.get(7).getInt(0));
        buffers.clear();
        buffers = null;
        refuse(Integer.MAX_VALUE);
        refuse(4 * MIB);
        System.out.println(fill(new ArrayList<>()) > 1);
    }
}
