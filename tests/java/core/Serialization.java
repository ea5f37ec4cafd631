import java.io.*;
import java.util.*;

/* Object serialization: graphs, custom forms, records, enums, proxies, filters. */
public class Serialization {
    static class Node implements Serializable { private static final long serialVersionUID = 1; String name; Node next; transient int skipped = 5; int[] data = {1, 2}; Node(String n) { name = n; } }
    static class Parent { int inherited = 3; Parent() { inherited = 4; } }
    static class Child extends Parent implements Serializable { int own = 9; final List<String> list = new ArrayList<>(List.of("a")); }
    static class Custom implements Serializable {
        transient String secret = "s";
        private void writeObject(ObjectOutputStream o) throws IOException { o.defaultWriteObject(); o.writeUTF(secret + "!"); o.writeInt(7); }
        private void readObject(ObjectInputStream i) throws IOException, ClassNotFoundException { i.defaultReadObject(); secret = i.readUTF() + i.readInt(); }
    }
    static class Ext implements Externalizable { int v; public Ext() { System.out.print("ctor "); } public void writeExternal(ObjectOutput o) throws IOException { o.writeLong(v * 2L); } public void readExternal(ObjectInput i) throws IOException { v = (int) i.readLong(); } }
    static class Singleton implements Serializable { static final Singleton IT = new Singleton(); private Object readResolve() { return IT; } }
    static class Replaced implements Serializable { private Object writeReplace() { return "replacement"; } }
    record Rec(int a, String b, List<Integer> c) implements Serializable { Rec { if (a < 0) throw new IllegalArgumentException("negative"); } }
    enum Level implements Serializable { LOW, HIGH { @Override public String toString() { return "high!"; } } }
    static class Fields implements Serializable {
        private static final ObjectStreamField[] serialPersistentFields = {new ObjectStreamField("x", int.class), new ObjectStreamField("s", String.class)};
        int hidden = 1;
        private void writeObject(ObjectOutputStream o) throws IOException { ObjectOutputStream.PutField f = o.putFields(); f.put("x", 11); f.put("s", "str"); o.writeFields(); }
        private void readObject(ObjectInputStream i) throws IOException, ClassNotFoundException { ObjectInputStream.GetField f = i.readFields(); hidden = f.get("x", 0) + f.get("s", null).toString().length(); }
    }
    static class NotSerializable { }
    static byte[] write(Object... os) throws IOException { ByteArrayOutputStream b = new ByteArrayOutputStream(); try (ObjectOutputStream o = new ObjectOutputStream(b)) { for (Object x : os) o.writeObject(x); } return b.toByteArray(); }
    static Object read(byte[] b) throws Exception { return new ObjectInputStream(new ByteArrayInputStream(b)).readObject(); }
    @SuppressWarnings("unchecked") static <T> T copy(T t) throws Exception { return (T) read(write(t)); }

    public static void main(String[] args) throws Exception {
        Node a = new Node("a"), b = new Node("b");
        a.next = b; b.next = a; b.data = null;
        Node c = copy(a);
        System.out.println(c.name + c.next.name + (c.next.next == c) + c.skipped + Arrays.toString(c.data) + Arrays.toString(c.next.data));
        Child ch = new Child(); ch.inherited = 100; ch.own = 200;
        Child cc = copy(ch);
        System.out.println(cc.inherited + " " + cc.own + " " + cc.list);
        System.out.println(copy(new Custom()).secret);
        Ext e = new Ext(); e.v = 21;
        System.out.println(copy(e).v);
        System.out.println((copy(Singleton.IT) == Singleton.IT) + " " + read(write(new Replaced())) + " " + copy(new Rec(1, "two", List.of(3))) + " " + (copy(Level.HIGH) == Level.HIGH) + " " + copy(new Fields()).hidden);
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("date", new Date(0)); m.put("big", new java.math.BigDecimal("1.50")); m.put("arr", new int[][] {{1}, {}}); m.put("set", new TreeSet<>(Set.of(3, 1))); m.put("enum", new EnumMap<>(Map.of(Level.LOW, "l"))); m.put("opt", java.time.LocalDate.EPOCH); m.put("cls", String[].class); m.put("uuid", new UUID(1, 2)); m.put("bits", BitSet.valueOf(new long[] {5})); m.put("self", null);
        Map<String, Object> mm = copy(m);
        System.out.println(((Date) mm.get("date")).getTime() + " " + mm.get("big") + " " + Arrays.deepToString((int[][]) mm.get("arr")) + " " + mm.get("set") + mm.get("enum") + mm.get("opt") + mm.get("cls") + mm.get("uuid") + mm.get("bits") + mm.keySet());
        try { write(new NotSerializable()); } catch (NotSerializableException x) { System.out.println(x.getMessage()); }
        try { write(List.of(new Object[] {new ArrayList<>(List.of(new NotSerializable()))})); } catch (NotSerializableException x) { System.out.println(x.getMessage()); }
        byte[] bytes = write(new Node("n"));
        System.out.println(bytes.length + " " + (bytes[0] & 0xff) + " " + ObjectStreamClass.lookup(Node.class) + " " + ObjectStreamClass.lookup(Parent.class) + " " + ObjectStreamClass.lookup(Rec.class).getSerialVersionUID() + " " + ObjectStreamClass.lookup(Custom.class).getSerialVersionUID() + " " + Arrays.toString(ObjectStreamClass.lookup(Child.class).getFields()));
        byte[] broken = bytes.clone(); broken[0] = 0;
        try { read(broken); } catch (StreamCorruptedException x) { System.out.println(x.getMessage()); }
        try { read(Arrays.copyOf(bytes, 30)); } catch (EOFException x) { System.out.println(x); }
        String renamed = new String(bytes, "ISO-8859-1").replace("Serialization$Node", "Serialization$Nope");
        try { read(renamed.getBytes("ISO-8859-1")); } catch (ClassNotFoundException x) { System.out.println(x); }
        byte[] rec = write(new Rec(5, "x", null));
        for (int i = 0; i + 3 < rec.length; i++) if (rec[i] == 0 && rec[i + 1] == 0 && rec[i + 2] == 0 && rec[i + 3] == 5) rec[i] = (byte) 0x80;
        try { read(rec); } catch (InvalidObjectException x) { System.out.println(x.getMessage()); }
        ObjectInputStream filtered = new ObjectInputStream(new ByteArrayInputStream(bytes));
        filtered.setObjectInputFilter(ObjectInputFilter.Config.createFilter("java.base/*;!*"));
        try { filtered.readObject(); } catch (InvalidClassException x) { System.out.println(x.getMessage()); }
        ObjectInputStream several = new ObjectInputStream(new ByteArrayInputStream(write("one", 2, null, 'c', 4.5f, new String[] {"z"})));
        System.out.println(several.readObject() + " " + several.readObject() + " " + several.readObject() + " " + several.readObject() + " " + several.readObject() + " " + ((String[]) several.readObject())[0]);
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        DataOutputStream d = new DataOutputStream(raw);
        d.writeUTF("é\0"); d.writeDouble(Math.PI); d.writeChar('x'); d.writeLong(-1); d.writeBoolean(true);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(raw.toByteArray()));
        System.out.println(d.size() + " " + in.readUTF().length() + " " + in.readDouble() + in.readChar() + in.readLong() + in.readBoolean() + in.available());
        Throwable t = copy(new IllegalStateException("serialized", new IOException("cause")));
        System.out.println(t + " " + t.getCause() + " " + t.getStackTrace()[0].getMethodName());
        PipedInputStream pin = new PipedInputStream(); PipedOutputStream pout = new PipedOutputStream(pin);
        Thread w = new Thread(() -> { try (ObjectOutputStream o = new ObjectOutputStream(pout)) { o.writeObject(List.of("piped", 1)); } catch (IOException x) { x.printStackTrace(); } });
        w.start();
        System.out.println(new ObjectInputStream(pin).readObject());
        w.join();
    }
}
