package cloister.isolate.internal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the host sends (isolate/message.h): a kind, then for calls the name of the handler ("": the image's) and the
 * payload, for runs the arguments and the environment, for programs the class path, "main" or "handler", the class, and the
 * point; a checkpoint that is asked for and the end of a trial have nothing more. Numbers are big-endian, texts follow
 * their length: UTF-8, and for programs and runs as the platform has them.
 */
final class Message {
    static final int CALL_BYTES = 'B', CALL_JSON = 'J', RUN = 'R', CHECKPOINT = 'C', PROGRAM = 'P',
        TRIAL = 'T';

    private static final int HANDLER = 2; /* in the texts of a program */

    /** Statuses of answers. */
    static final int OK = 0, EXCEPTION = 1, REFUSED = 2;

    final int kind;
    final String handler;
    final byte[] payload;
    final String[] arguments;
    final byte[][] environment; /* NAME=VALUE */
    final String classPath, start, at; /* of a program: Start's arguments, of which `handler` is the second */

    Message(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        kind = in.readUnsignedByte();
        String[] texts = {"", "", "", ""};
        String[] words = null;
        byte[][] variables = null;
        byte[] rest = null;
        switch (kind) {
        case RUN -> {
            words = new String[count(in)];
            for (int i = 0; i < words.length; i++)
                words[i] = platformText(in); /* as the launcher has it */
            variables = new byte[count(in)][];
            for (int i = 0; i < variables.length; i++)
                variables[i] = text(in);
        }
        case PROGRAM -> {
            for (int i = 0; i < texts.length; i++)
                texts[i] = platformText(in);
        }
        case CALL_BYTES, CALL_JSON -> {
            texts[HANDLER] = new String(text(in), StandardCharsets.UTF_8);
            rest = Arrays.copyOfRange(bytes, bytes.length - in.available(), bytes.length);
        }
        case CHECKPOINT, TRIAL -> { }
        default -> throw new IOException("a message of an unknown kind");
        }
        classPath = texts[0];
        start = texts[1];
        handler = texts[HANDLER];
        at = texts[3];
        arguments = words;
        environment = variables;
        payload = rest;
    }

    /** A run without arguments, as the host writes it; the environment is names and values in turn. */
    static byte[] run(byte[][] environment) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeByte(RUN);
            out.writeInt(0);
            out.writeInt(environment.length / 2);
            for (int i = 0; i + 1 < environment.length; i += 2) {
                out.writeInt(environment[i].length + 1 + environment[i + 1].length);
                out.write(environment[i]);
                out.writeByte('=');
                out.write(environment[i + 1]);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private static String platformText(DataInputStream in) throws IOException {
        return new String(text(in), System.getProperty("sun.jnu.encoding"));
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available())
            throw new IOException("a message with a wrong count");
        return count;
    }

    private static byte[] text(DataInputStream in) throws IOException {
        byte[] text = new byte[count(in)];
        in.readFully(text);
        return text;
    }
}
