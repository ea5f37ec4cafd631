import java.io.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.*;
import java.util.*;

/* NIO files, channels and buffers, and the old file classes. */
public class FilesAndBuffers {
    static void fails(String what, Callable c) { try { System.out.println(what + " gave " + c.call()); } catch (Exception e) { System.out.println(what + ": " + e.getClass().getSimpleName()); } }
    interface Callable { Object call() throws Exception; }
    static void files(Path dir) throws Exception {
        Path a = dir.resolve("a.txt");
        Files.writeString(a, "line1\nline2é\n");
        Files.write(a, List.of("more"), StandardOpenOption.APPEND);
        System.out.println(Files.readAllLines(a) + " " + Files.size(a) + " " + Files.exists(a) + " " + Files.isDirectory(dir) + " " + Files.isRegularFile(a) + " " + Files.notExists(dir.resolve("z")));
        Path b = Files.copy(a, dir.resolve("b.txt")), c = Files.move(b, dir.resolve("c.txt"));
        fails("copy onto", () -> Files.copy(a, c));
        Files.copy(a, c, StandardCopyOption.REPLACE_EXISTING);
        Path sub = Files.createDirectories(dir.resolve("x/y/z"));
        Files.createFile(sub.resolve("deep"));
        Path link = Files.createSymbolicLink(dir.resolve("link"), a.getFileName());
        System.out.println(Files.isSymbolicLink(link) + " " + Files.readSymbolicLink(link) + " " + Files.isSameFile(link, a) + " " + Files.mismatch(a, c));
        try (var s = Files.walk(dir)) { System.out.println(s.map(p -> dir.relativize(p).toString()).sorted().toList()); }
        try (DirectoryStream<Path> ds = Files.newDirectoryStream(dir, "*.txt")) { Set<String> names = new TreeSet<>(); for (Path p : ds) names.add(p.getFileName().toString()); System.out.println(names); }
        fails("delete full", () -> { Files.delete(dir.resolve("x")); return ""; });
        fails("no file", () -> Files.readString(dir.resolve("none")));
        fails("create twice", () -> Files.createFile(a));
        fails("directory read", () -> Files.readAllBytes(dir));
        Files.setPosixFilePermissions(a, PosixFilePermissions.fromString("rw-r-----"));
        Files.setLastModifiedTime(a, FileTime.fromMillis(1_000_000_000_000L));
        System.out.println(PosixFilePermissions.toString(Files.getPosixFilePermissions(a)) + " " + Files.getLastModifiedTime(a) + " " + Files.readAttributes(a, BasicFileAttributes.class).size() + " " + Files.getAttribute(a, "unix:nlink") + " " + Files.probeContentType(a));
        int[] visited = {0};
        Files.walkFileTree(dir, new SimpleFileVisitor<>() {
            @Override public FileVisitResult visitFile(Path f, BasicFileAttributes at) throws IOException { visited[0]++; Files.delete(f); return FileVisitResult.CONTINUE; }
            @Override public FileVisitResult postVisitDirectory(Path d, IOException e) throws IOException { visited[0] += 100; Files.delete(d); return FileVisitResult.CONTINUE; }
        });
        System.out.println(visited[0] + " " + Files.exists(dir));
    }
    static void paths() {
        Path p = Paths.get("/a/./b/../c//d.txt");
        System.out.println(p + " " + p.normalize() + " " + p.getNameCount() + " " + p.getParent() + " " + p.getRoot() + " " + p.subpath(1, 3) + " " + p.resolveSibling("e") + " " + Path.of("/a/b").relativize(Path.of("/a/c/d")) + " " + p.startsWith("/a") + " " + p.endsWith("d.txt") + " " + Path.of("x").resolve("/abs") + " " + p.toUri() + " " + Path.of("b").compareTo(Path.of("a")) + " " + p.getFileSystem().getPathMatcher("glob:**/*.{txt,md}").matches(p));
    }
    static void channels() throws Exception {
        Path f = Files.createTempFile("channel", ".bin");
        try (FileChannel ch = FileChannel.open(f, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer d = ByteBuffer.allocateDirect(16);
            d.putInt(1).putLong(2).putFloat(3).flip();
            System.out.print(ch.write(d) + " " + ch.position() + " " + ch.size() + " ");
            System.out.print(ch.write(new ByteBuffer[] {ByteBuffer.wrap("ab".getBytes()), ByteBuffer.wrap("cd".getBytes())}) + " ");
            MappedByteBuffer map = ch.map(FileChannel.MapMode.READ_WRITE, 0, 20);
            map.putInt(0, 99); map.force();
            ByteBuffer r = ByteBuffer.allocate(20);
            System.out.println(ch.read(r, 0) + " " + r.getInt(0) + " " + (char) map.get(17) + " " + map.isDirect());
            try (FileLock lock = ch.lock()) { System.out.println(lock.isValid() + " " + lock.isShared()); }
            ByteArrayOutputStream sink = new ByteArrayOutputStream();
            System.out.println(ch.transferTo(16, 4, Channels.newChannel(sink)) + " " + sink);
            ch.truncate(4);
            System.out.println(ch.size() + " " + ch.position());
        }
        try (RandomAccessFile raf = new RandomAccessFile(f.toFile(), "rw")) { raf.seek(8); raf.writeUTF("raf"); raf.seek(0); System.out.println(raf.readInt() + " " + raf.length() + " " + raf.getFilePointer()); }
        try (BufferedWriter w = Files.newBufferedWriter(f); PrintWriter pw = new PrintWriter(w)) { pw.printf("%d%n%s%n", 5, "é"); }
        try (BufferedReader r = new BufferedReader(new FileReader(f.toFile(), StandardCharsets.UTF_8)); LineNumberReader ln = new LineNumberReader(r)) { System.out.println(ln.readLine() + ln.readLine() + ln.readLine() + ln.getLineNumber()); }
        File old = f.toFile();
        System.out.println(old.length() + " " + old.canRead() + " " + old.isHidden() + " " + old.renameTo(new File(old.getPath() + "2")) + " " + new File(old.getPath() + "2").delete() + " " + old.exists() + " " + old.delete() + " " + new File("a/../b").getPath() + " " + new File("/").list().length / 1000);
    }
    static void buffers() {
        ByteBuffer b = ByteBuffer.allocate(10);
        b.put((byte) 1).putShort((short) 0x0203).mark().putInt(7).reset();
        System.out.println(b + " " + b.getInt() + " " + b.slice() + " " + b.duplicate().clear() + " " + b.flip().remaining() + " " + b.asReadOnlyBuffer().isReadOnly() + " " + b.order() + " " + b.compact() + " " + b.order(ByteOrder.LITTLE_ENDIAN).getShort(0) + " " + b.equals(b.duplicate()) + " " + b.rewind().hashCode());
        IntBuffer ints = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder()).asIntBuffer();
        ints.put(new int[] {3, 1, 2}).flip();
        System.out.println(ints.get(2) + " " + ints + " " + CharBuffer.wrap("chars").subSequence(1, 3) + " " + LongBuffer.wrap(new long[] {5}).hasArray() + " " + ByteBuffer.wrap(new byte[5], 1, 3).arrayOffset() + " " + ByteBuffer.wrap("b".getBytes()).compareTo(ByteBuffer.wrap("a".getBytes())) + " " + ByteBuffer.wrap(new byte[] {1, 2}).mismatch(ByteBuffer.wrap(new byte[] {1, 3})));
        fails("overflow", () -> ByteBuffer.allocate(1).putInt(1)); fails("underflow", () -> ByteBuffer.allocate(1).getLong()); fails("read only", () -> ByteBuffer.allocate(1).asReadOnlyBuffer().put((byte) 1)); fails("limit", () -> ByteBuffer.allocate(1).limit(2)); fails("mark", () -> ByteBuffer.allocate(1).reset());
    }
    public static void main(String[] args) throws Exception {
        files(Files.createTempDirectory("files"));
        paths(); channels(); buffers();
    }
}
