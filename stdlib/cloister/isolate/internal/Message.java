package cloister.isolate.internal;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the host sends (isolate/message.h): a kind, then for calls the name of the handler ("": the image's) and the
 * payload, for runs the arguments and the environment; a checkpoint that is asked for has nothing more. Numbers are big-endian, texts UTF-8 after their length.
 */
final class Message {
    static final int CALL_BYTES = 'B', CALL_JSON = 'J', RUN = 'R', CHECKPOINT = 'C';

    /** Statuses of answers. */
    static final int OK = 0, EXCEPTION = 1, REFUSED = 2;

    final int kind;
    final String handler;
    final byte[] payload;
    final String[] arguments;
    final byte[][] environment; /* NAME=VALUE */

    Message(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        kind = in.readUnsignedByte();
        if (kind == RUN) {
            handler = "";
            payload = null;
            arguments = new String[count(in)];
            for (int i = 0; i < arguments.length; i++)
                arguments[i] = new String(text(in), System.getProperty("sun.jnu.encoding")); /* as the launcher has it */
            environment = new byte[count(in)][];
            for (int i = 0; i < environment.length; i++)
                environment[i] = text(in);
        } else if (kind == CALL_BYTES || kind == CALL_JSON) {
            handler = new String(text(in), StandardCharsets.UTF_8);
            payload = Arrays.copyOfRange(bytes, bytes.length - in.available(), bytes.length);
            arguments = null;
            environment = null;
        } else if (kind == CHECKPOINT) {
            handler = "";
            payload = null;
            arguments = null;
            environment = null;
        } else {
            throw new IOException("a message of an unknown kind");
        }
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
