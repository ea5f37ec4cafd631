import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.jar.*;
import java.util.zip.*;

/* Compression, checksums, zip and jar in memory and on disk. */
public class Archives {
    static byte[] data(int n) { byte[] b = new byte[n]; Random r = new Random(3); for (int i = 0; i < n; i++) b[i] = (byte) ("the quick brown fox ".charAt(i % 20) + (r.nextInt(50) == 0 ? 1 : 0)); return b; }

    static void checksums(byte[] d) {
        for (Checksum c : new Checksum[] {new CRC32(), new Adler32(), new CRC32C()}) { c.update(d, 0, d.length); System.out.print(Long.toHexString(c.getValue()) + " "); }
        System.out.println();
    }
    static void deflate(byte[] d) throws Exception {
        for (int level : new int[] {0, 1, 6, 9}) {
            Deflater def = new Deflater(level, level == 6);
            def.setInput(d); def.finish();
            byte[] out = new byte[d.length + 100];
            int n = def.deflate(out);
            Inflater inf = new Inflater(level == 6);
            inf.setInput(out, 0, n);
            byte[] back = new byte[d.length + 1];
            int m = inf.inflate(back);
            System.out.print((n < d.length / 2 == level > 0) + " " + (m == d.length && Arrays.equals(d, Arrays.copyOf(back, m))) + " " + inf.finished() + " " + def.getTotalIn() + "; ");
            def.end(); inf.end();
        }
        System.out.println();
        try { Inflater bad = new Inflater(); bad.setInput(new byte[] {1, 2, 3, 4}); bad.inflate(new byte[10]); } catch (DataFormatException e) { System.out.println(e.getMessage()); }
        ByteArrayOutputStream gz = new ByteArrayOutputStream();
        try (GZIPOutputStream g = new GZIPOutputStream(gz)) { g.write(d); }
        System.out.println(Arrays.equals(d, new GZIPInputStream(new ByteArrayInputStream(gz.toByteArray())).readAllBytes()));
        try { new GZIPInputStream(new ByteArrayInputStream(new byte[20])); } catch (ZipException e) { System.out.println(e.getMessage()); }
        Deflater dict = new Deflater();
        dict.setDictionary("fox".getBytes()); dict.setInput("fox fox".getBytes()); dict.finish();
        byte[] o = new byte[50]; int n = dict.deflate(o);
        Inflater id = new Inflater(); id.setInput(o, 0, n);
        System.out.println(id.inflate(new byte[9]) + " " + id.needsDictionary());
    }
    static void zip(byte[] d) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream z = new ZipOutputStream(bytes)) {
            z.setComment("comment é");
            z.putNextEntry(new ZipEntry("dir/")); z.closeEntry();
            ZipEntry stored = new ZipEntry("dir/stored.bin");
            CRC32 crc = new CRC32(); crc.update(d);
            stored.setMethod(ZipEntry.STORED); stored.setSize(d.length); stored.setCrc(crc.getValue());
            z.putNextEntry(stored); z.write(d); z.closeEntry();
            ZipEntry e = new ZipEntry("dir/é.txt"); e.setTime(1_000_000_000_000L); e.setExtra(null); e.setComment("c");
            z.putNextEntry(e); z.write("text\n".repeat(1000).getBytes()); z.closeEntry();
            try { z.putNextEntry(new ZipEntry("dir/é.txt")); } catch (ZipException x) { System.out.println(x.getMessage()); }
        }
        ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        for (ZipEntry e; (e = in.getNextEntry()) != null; ) System.out.println(e.getName() + " " + e.isDirectory() + " " + e.getMethod() + " " + in.readAllBytes().length);
        Path file = Files.createTempFile("archives", ".zip");
        Files.write(file, bytes.toByteArray());
        try (ZipFile z = new ZipFile(file.toFile())) {
            System.out.println(z.size() + " " + z.getComment() + " " + z.getEntry("dir/é.txt").getSize() + " " + z.getEntry("none") + " " + Long.toHexString(z.getEntry("dir/stored.bin").getCrc()) + " " + new String(z.getInputStream(z.getEntry("dir/é.txt")).readNBytes(4)));
            System.out.println(Collections.list(z.entries()).stream().map(ZipEntry::getName).toList());
        }
        try (FileSystem fs = FileSystems.newFileSystem(file)) {
            Files.writeString(fs.getPath("/new.txt"), "written through the file system");
            System.out.println(Files.readString(fs.getPath("/new.txt")) + " " + Files.size(fs.getPath("/dir/stored.bin")));
        }
        try (ZipFile z = new ZipFile(file.toFile())) { System.out.println(z.size()); }
        Files.write(file, new byte[100]);
        try { new ZipFile(file.toFile()); } catch (ZipException e) { System.out.println(e.getMessage()); }
        Files.delete(file);
        try { new ZipFile("/no/such.zip"); } catch (NoSuchFileException e) { System.out.println(e); }
    }
    static void jar() throws Exception {
        Manifest m = new Manifest();
        m.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        m.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "some.Main");
        m.getMainAttributes().putValue("Long-Value", "x".repeat(100));
        m.getEntries().put("a.txt", new Attributes());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream j = new JarOutputStream(bytes, m)) { j.putNextEntry(new JarEntry("a.txt")); j.write("hi".getBytes()); j.closeEntry(); }
        JarInputStream in = new JarInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        System.out.println(in.getManifest().getMainAttributes().getValue("Main-Class") + " " + in.getManifest().getMainAttributes().getValue("Long-Value").length() + " " + in.getNextJarEntry().getName() + " " + in.getManifest().equals(m));
        Path file = Files.createTempFile("archives", ".jar");
        Files.write(file, bytes.toByteArray());
        try (JarFile j = new JarFile(file.toFile()); java.net.URLClassLoader l = new java.net.URLClassLoader(new java.net.URL[] {file.toUri().toURL()}, null)) {
            System.out.println(j.getManifest().getEntries().keySet() + " " + j.isMultiRelease() + " " + new String(l.getResourceAsStream("a.txt").readAllBytes(), StandardCharsets.UTF_8) + " " + l.getResource("b.txt"));
        }
        Files.delete(file);
    }
    public static void main(String[] args) throws Exception {
        byte[] d = data(50_000);
        checksums(d); deflate(d); zip(d); jar();
    }
}
