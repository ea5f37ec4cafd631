// A small class-file assembler for tests: javac cannot emit every instruction, nor classes that are wrong in a chosen way.
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/*
 * Instructions are written one a line, or separated by '|'.  "name:" is a label; ".stack N", ".locals N" and
 * ".catch TYPE|any FROM TO HANDLER" are directives, and ".frame LABEL LOCAL... / STACK..." (class files from 50 on need
 * them; top int float long double null or a class), in the order of the labels.  Members are "Owner.name descriptor" (interface methods of
 * invokestatic/invokespecial: "Owner.name descriptor interface").  Constants: int, float, long, double, string (the rest
 * of the line), class, mt DESC, mh KIND Owner.name DESC, dyn BOOTSTRAP name DESC.
 */
public final class ClassBytes {
    private static final String[] NAMES = (
        "nop aconst_null iconst_m1 iconst_0 iconst_1 iconst_2 iconst_3 iconst_4 iconst_5 lconst_0 lconst_1 fconst_0 fconst_1 "
        + "fconst_2 dconst_0 dconst_1 bipush sipush ldc ldc_w ldc2_w iload lload fload dload aload iload_0 iload_1 iload_2 "
        + "iload_3 lload_0 lload_1 lload_2 lload_3 fload_0 fload_1 fload_2 fload_3 dload_0 dload_1 dload_2 dload_3 aload_0 "
        + "aload_1 aload_2 aload_3 iaload laload faload daload aaload baload caload saload istore lstore fstore dstore astore "
        + "istore_0 istore_1 istore_2 istore_3 lstore_0 lstore_1 lstore_2 lstore_3 fstore_0 fstore_1 fstore_2 fstore_3 "
        + "dstore_0 dstore_1 dstore_2 dstore_3 astore_0 astore_1 astore_2 astore_3 iastore lastore fastore dastore aastore "
        + "bastore castore sastore pop pop2 dup dup_x1 dup_x2 dup2 dup2_x1 dup2_x2 swap iadd ladd fadd dadd isub lsub fsub "
        + "dsub imul lmul fmul dmul idiv ldiv fdiv ddiv irem lrem frem drem ineg lneg fneg dneg ishl lshl ishr lshr iushr "
        + "lushr iand land ior lor ixor lxor iinc i2l i2f i2d l2i l2f l2d f2i f2l f2d d2i d2l d2f i2b i2c i2s lcmp fcmpl "
        + "fcmpg dcmpl dcmpg ifeq ifne iflt ifge ifgt ifle if_icmpeq if_icmpne if_icmplt if_icmpge if_icmpgt if_icmple "
        + "if_acmpeq if_acmpne goto jsr ret tableswitch lookupswitch ireturn lreturn freturn dreturn areturn return getstatic "
        + "putstatic getfield putfield invokevirtual invokespecial invokestatic invokeinterface invokedynamic new newarray "
        + "anewarray arraylength athrow checkcast instanceof monitorenter monitorexit wide multianewarray ifnull ifnonnull "
        + "goto_w jsr_w").split(" ");
    private static final Map<String, Integer> OPCODES = new HashMap<>();
    static {
        for (int i = 0; i < NAMES.length; i++) OPCODES.put(NAMES[i], i);
    }

    public int major = 49;
    public int minor = 0;
    public int magic = 0xCAFEBABE;
    private final ByteArrayOutputStream poolBytes = new ByteArrayOutputStream();
    private final DataOutputStream pool = new DataOutputStream(poolBytes);
    private final Map<String, Integer> constants = new HashMap<>();
    private int poolCount = 1;
    private final int access, thisClass, superClass;
    private final int[] interfaces;
    private final List<byte[]> fields = new ArrayList<>(), methods = new ArrayList<>(), bootstraps = new ArrayList<>();
    private final List<byte[]> attributes = new ArrayList<>();
    public final String name;

    interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    static byte[] bytes(Body body) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            body.write(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public ClassBytes(String access, String name, String superName, String... interfaceNames) {
        this.access = accessBits(access) | (access.contains("interface") ? 0 : 0x20);
        this.name = name;
        thisClass = classRef(name);
        superClass = superName == null ? 0 : classRef(superName);
        interfaces = new int[interfaceNames.length];
        for (int i = 0; i < interfaces.length; i++) interfaces[i] = classRef(interfaceNames[i]);
    }

    public ClassBytes version(int major, int minor) {
        this.major = major;
        this.minor = minor;
        return this;
    }

    static int accessBits(String text) {
        int bits = 0;
        for (String word : text.trim().split(" +")) {
            switch (word) {
                case "": case "package": break;
                case "public": bits |= 1; break;
                case "private": bits |= 2; break;
                case "protected": bits |= 4; break;
                case "static": bits |= 8; break;
                case "final": bits |= 0x10; break;
                case "synchronized": bits |= 0x20; break;
                case "volatile": case "bridge": bits |= 0x40; break;
                case "transient": case "varargs": bits |= 0x80; break;
                case "native": bits |= 0x100; break;
                case "interface": bits |= 0x600; break;
                case "abstract": bits |= 0x400; break;
                case "strict": bits |= 0x800; break;
                case "synthetic": bits |= 0x1000; break;
                default: throw new IllegalArgumentException(word);
            }
        }
        return bits;
    }

    private int constant(String key, int slots, Body body) {
        Integer known = constants.get(key);
        if (known != null) return known;
        try {
            body.write(pool);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int index = poolCount;
        poolCount += slots;
        constants.put(key, index);
        return index;
    }

    public int utf8(String s) {
        return constant("u" + s, 1, o -> { o.writeByte(1); o.writeUTF(s); });
    }

    private int oneRef(int tag, int index) {
        return constant("r" + tag + ":" + index, 1, o -> { o.writeByte(tag); o.writeShort(index); });
    }

    private int twoRefs(int tag, int a, int b) {
        return constant("r" + tag + ":" + a + ":" + b, 1, o -> { o.writeByte(tag); o.writeShort(a); o.writeShort(b); });
    }

    public int classRef(String name) {
        return oneRef(7, utf8(name));
    }

    public int nameAndType(String name, String descriptor) {
        return twoRefs(12, utf8(name), utf8(descriptor));
    }

    /** tag: 9 field, 10 method, 11 interface method. */
    public int member(int tag, String ownerAndName, String descriptor) {
        int dot = ownerAndName.lastIndexOf('.');
        return twoRefs(tag, classRef(ownerAndName.substring(0, dot)),
                       nameAndType(ownerAndName.substring(dot + 1), descriptor));
    }

    public int methodHandle(int kind, String ownerAndName, String descriptor, boolean inInterface) {
        int ref = member(kind <= 4 ? 9 : kind == 9 || inInterface ? 11 : 10, ownerAndName, descriptor);
        return constant("mh" + kind + ":" + ref, 1, o -> { o.writeByte(15); o.writeByte(kind); o.writeShort(ref); });
    }

    /** Loadable constant from words such as {"int", "5"}. */
    public int loadable(String... w) {
        switch (w[0]) {
            case "int": return constant("i" + w[1], 1, o -> { o.writeByte(3); o.writeInt(Integer.decode(w[1])); });
            case "float": return constant("f" + w[1], 1, o -> { o.writeByte(4); o.writeFloat(Float.parseFloat(w[1])); });
            case "long": return constant("l" + w[1], 2, o -> { o.writeByte(5); o.writeLong(Long.decode(w[1])); });
            case "double": return constant("d" + w[1], 2, o -> { o.writeByte(6); o.writeDouble(Double.parseDouble(w[1])); });
            case "string": return oneRef(8, utf8(w[1]));
            case "class": return classRef(w[1]);
            case "mt": return oneRef(16, utf8(w[1]));
            case "mh": return methodHandle(Integer.parseInt(w[1]), w[2], w[3], w.length > 4);
            case "dyn": return twoRefs(17, Integer.parseInt(w[1]), nameAndType(w[2], w[3]));
            default: throw new IllegalArgumentException(w[0]);
        }
    }

    /** Adds a bootstrap method (a static one) with static arguments; answers its index. */
    public int bootstrap(String ownerAndName, String descriptor, int... arguments) {
        int handle = methodHandle(6, ownerAndName, descriptor, false);
        bootstraps.add(bytes(o -> {
            o.writeShort(handle);
            o.writeShort(arguments.length);
            for (int a : arguments) o.writeShort(a);
        }));
        return bootstraps.size() - 1;
    }

    public ClassBytes field(String access, String name, String descriptor, String... constantValue) {
        int n = utf8(name), d = utf8(descriptor);
        int attribute = constantValue.length == 0 ? 0 : utf8("ConstantValue");
        int value = constantValue.length == 0 ? 0 : loadable(constantValue);
        fields.add(bytes(o -> {
            o.writeShort(accessBits(access));
            o.writeShort(n);
            o.writeShort(d);
            o.writeShort(attribute == 0 ? 0 : 1);
            if (attribute != 0) {
                o.writeShort(attribute);
                o.writeInt(2);
                o.writeShort(value);
            }
        }));
        return this;
    }

    /** A method without code when text is null. */
    public ClassBytes method(String access, String name, String descriptor, String text) {
        int n = utf8(name), d = utf8(descriptor), attribute = utf8("Code");
        byte[] code = text == null ? null : new Assembly().assemble(text);
        methods.add(bytes(o -> {
            o.writeShort(accessBits(access));
            o.writeShort(n);
            o.writeShort(d);
            o.writeShort(code == null ? 0 : 1);
            if (code != null) {
                o.writeShort(attribute);
                o.writeInt(code.length);
                o.write(code);
            }
        }));
        return this;
    }

    /** The usual constructor without arguments. */
    public ClassBytes constructor(String superName) {
        return method("public", "<init>", "()V", "aload_0 | invokespecial " + superName + ".<init> ()V | return");
    }

    public ClassBytes attribute(String name, byte[] content) {
        int n = utf8(name);
        attributes.add(bytes(o -> { o.writeShort(n); o.writeInt(content.length); o.write(content); }));
        return this;
    }

    public byte[] toBytes() {
        if (!bootstraps.isEmpty()) {
            List<byte[]> all = new ArrayList<>(bootstraps);
            bootstraps.clear();
            attribute("BootstrapMethods", bytes(o -> { o.writeShort(all.size()); for (byte[] b : all) o.write(b); }));
        }
        return bytes(o -> {
            o.writeInt(magic);
            o.writeShort(minor);
            o.writeShort(major);
            o.writeShort(poolCount);
            poolBytes.writeTo(o);
            o.writeShort(access);
            o.writeShort(thisClass);
            o.writeShort(superClass);
            o.writeShort(interfaces.length);
            for (int i : interfaces) o.writeShort(i);
            for (List<byte[]> part : List.of(fields, methods, attributes)) {
                o.writeShort(part.size());
                for (byte[] b : part) o.write(b);
            }
        });
    }

    private final class Assembly {
        private byte[] code = new byte[65536];
        private int pc;
        private int stack = 32, locals = 32;
        private final Map<String, Integer> labels = new HashMap<>();
        private final List<Object[]> patches = new ArrayList<>();
        private final List<String[]> handlers = new ArrayList<>(), frames = new ArrayList<>();

        byte[] assemble(String text) {
            for (String line : text.replace('|', '\n').split("\n")) {
                String s = line.trim();
                if (s.isEmpty()) continue;
                if (s.startsWith(".")) directive(s.split(" "));
                else if (s.endsWith(":")) labels.put(s.substring(0, s.length() - 1), pc);
                else instruction(s.split(" "), s);
            }
            for (Object[] p : patches) {
                int at = (Integer) p[0], offset = label((String) p[2]) - (Integer) p[1];
                if ((Boolean) p[3]) put(at, 4, offset);
                else if (offset == (short) offset) put(at, 2, offset);
                else throw new IllegalStateException("branch too far: " + offset);
            }
            List<int[]> table = new ArrayList<>();
            for (String[] h : handlers) {
                table.add(new int[] {label(h[2]), label(h[3]), label(h[4]), h[1].equals("any") ? 0 : classRef(h[1])});
            }
            int mapName = frames.isEmpty() ? 0 : utf8("StackMapTable");
            byte[] maps = stackMaps();
            return bytes(o -> {
                o.writeShort(stack);
                o.writeShort(locals);
                o.writeInt(pc);
                o.write(code, 0, pc);
                o.writeShort(table.size());
                for (int[] entry : table) for (int v : entry) o.writeShort(v);
                o.writeShort(frames.isEmpty() ? 0 : 1);
                if (!frames.isEmpty()) {
                    o.writeShort(mapName);
                    o.writeInt(maps.length);
                    o.write(maps);
                }
            });
        }

        private byte[] stackMaps() {
            return bytes(o -> {
                o.writeShort(frames.size());
                int expected = 0;
                for (String[] w : frames) {
                    o.writeByte(255); // full_frame
                    o.writeShort(label(w[1]) - expected);
                    expected = label(w[1]) + 1;
                    int slash = List.of(w).indexOf("/");
                    stackTypes(o, List.of(w).subList(2, slash));
                    stackTypes(o, List.of(w).subList(slash + 1, w.length));
                }
            });
        }

        private void stackTypes(DataOutputStream o, List<String> types) throws IOException {
            o.writeShort(types.size());
            for (String type : types) {
                int tag = List.of("top", "int", "float", "double", "long", "null").indexOf(type);
                o.writeByte(tag < 0 ? 7 : tag);
                if (tag < 0) o.writeShort(classRef(type));
            }
        }

        private int label(String name) {
            Integer at = labels.get(name);
            if (at == null) throw new IllegalStateException("no label " + name);
            return at;
        }

        private void directive(String[] w) {
            switch (w[0]) {
                case ".stack": stack = Integer.parseInt(w[1]); break;
                case ".locals": locals = Integer.parseInt(w[1]); break;
                case ".catch": handlers.add(w); break;
                case ".frame": frames.add(w); break;
                default: throw new IllegalArgumentException(w[0]);
            }
        }

        private void put(int at, int size, int value) {
            for (int i = 0; i < size; i++) code[at + i] = (byte) (value >> 8 * (size - 1 - i));
        }

        private void emit(int size, int value) {
            if (pc + size >= code.length - 4) code = java.util.Arrays.copyOf(code, code.length * 2);
            put(pc, size, value);
            pc += size;
        }

        private void branch(int start, String label, boolean wide) {
            patches.add(new Object[] {pc, start, label, wide});
            emit(wide ? 4 : 2, 0);
        }

        private String[] rest(String[] w, String line) {
            if (w[1].equals("string")) return new String[] {"string", line.substring(line.indexOf(" string ") + 8)};
            return java.util.Arrays.copyOfRange(w, 1, w.length);
        }

        private void instruction(String[] w, String line) {
            Integer opcode = OPCODES.get(w[0]);
            if (opcode == null) throw new IllegalArgumentException(line);
            int start = pc;
            emit(1, opcode);
            switch (w[0]) {
                case "bipush": emit(1, Integer.parseInt(w[1])); break;
                case "newarray": emit(1, Integer.parseInt(w[1])); break;
                case "sipush": emit(2, Integer.parseInt(w[1])); break;
                case "ldc": emit(1, loadable(rest(w, line))); break;
                case "ldc_w": case "ldc2_w": emit(2, loadable(rest(w, line))); break;
                case "iinc": emit(1, Integer.parseInt(w[1])); emit(1, Integer.parseInt(w[2])); break;
                case "ret": emit(1, Integer.parseInt(w[1])); break;
                case "wide":
                    emit(1, OPCODES.get(w[1]));
                    for (int i = 2; i < w.length; i++) emit(2, Integer.parseInt(w[i]));
                    break;
                case "tableswitch": case "lookupswitch": switchTable(start, w); break;
                case "getstatic": case "putstatic": case "getfield": case "putfield": emit(2, member(9, w[1], w[2])); break;
                case "invokevirtual": case "invokespecial": case "invokestatic":
                    emit(2, member(w.length > 3 ? 11 : 10, w[1], w[2]));
                    break;
                case "invokeinterface":
                    emit(2, member(11, w[1], w[2]));
                    emit(1, 1 + argumentSlots(w[2]));
                    emit(1, 0);
                    break;
                case "invokedynamic":
                    emit(2, twoRefs(18, Integer.parseInt(w[1]), nameAndType(w[2], w[3])));
                    emit(2, 0);
                    break;
                case "new": case "anewarray": case "checkcast": case "instanceof": emit(2, classRef(w[1])); break;
                case "multianewarray": emit(2, classRef(w[1])); emit(1, Integer.parseInt(w[2])); break;
                case "goto_w": case "jsr_w": branch(start, w[1], true); break;
                default:
                    if (opcode >= 153 && opcode <= 168 || opcode == 198 || opcode == 199) branch(start, w[1], false);
                    else if (opcode >= 21 && opcode <= 25 || opcode >= 54 && opcode <= 58) emit(1, Integer.parseInt(w[1]));
                    else if (w.length > 1) throw new IllegalArgumentException(line);
            }
        }

        private int argumentSlots(String descriptor) {
            int slots = 0;
            for (int i = 1; descriptor.charAt(i) != ')'; i++) {
                slots += descriptor.charAt(i) == 'J' || descriptor.charAt(i) == 'D' ? 2 : 1;
                if (descriptor.charAt(i) == '[') {
                    while (descriptor.charAt(i) == '[') i++;
                }
                if (descriptor.charAt(i) == 'L') i = descriptor.indexOf(';', i);
            }
            return slots;
        }

        /** "tableswitch LOW DEFAULT L0 L1..." or "lookupswitch DEFAULT KEY=LABEL...". */
        private void switchTable(int start, String[] w) {
            while (pc % 4 != 0) emit(1, 0);
            if (w[0].equals("tableswitch")) {
                int low = Integer.parseInt(w[1]), count = w.length - 3;
                branch(start, w[2], true);
                emit(4, low);
                emit(4, low + count - 1);
                for (int i = 0; i < count; i++) branch(start, w[3 + i], true);
            } else {
                branch(start, w[1], true);
                emit(4, w.length - 2);
                for (int i = 2; i < w.length; i++) {
                    int equals = w[i].indexOf('=');
                    emit(4, Integer.parseInt(w[i].substring(0, equals)));
                    branch(start, w[i].substring(equals + 1), true);
                }
            }
        }
    }

    /** Defines given classes itself and leaves the rest to its parent. */
    public static class Loader extends ClassLoader {
        private final Map<String, byte[]> classes = new HashMap<>();

        public Loader(ClassBytes... classes) {
            this(null, ClassBytes.class.getClassLoader(), classes);
        }

        public Loader(String name, ClassLoader parent, ClassBytes... classes) {
            super(name, parent);
            for (ClassBytes c : classes) add(c);
        }

        public Loader add(ClassBytes c) {
            return add(c.name.replace('/', '.'), c.toBytes());
        }

        public Loader add(String name, byte[] bytes) {
            classes.put(name, bytes);
            return this;
        }

        @Override protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            if (bytes == null) throw new ClassNotFoundException(name);
            return defineClass(name, bytes, 0, bytes.length);
        }

        public Class<?> define(String name, byte[] bytes) {
            return defineClass(name, bytes, 0, bytes.length);
        }

        /** Calls a public static method by name; what it throws comes out as it is. */
        public Object call(String className, String method, Object... arguments) throws Throwable {
            for (java.lang.reflect.Method m : loadClass(className).getDeclaredMethods()) {
                if (!m.getName().equals(method) || m.getParameterCount() != arguments.length) continue;
                m.setAccessible(true);
                try {
                    return m.invoke(null, arguments);
                } catch (java.lang.reflect.InvocationTargetException e) {
                    throw e.getCause();
                }
            }
            throw new IllegalArgumentException(className + "." + method);
        }

        /** The result of call, or the throwable, as text without identity hash codes. */
        public String outcome(String className, String method, Object... arguments) {
            try {
                return String.valueOf(call(className, method, arguments));
            } catch (Throwable e) {
                return clean(e);
            }
        }
    }

    public static String clean(Throwable e) {
        return e.toString().replaceAll("@(0x)?[0-9a-f]+", "@HASH");
    }
}
