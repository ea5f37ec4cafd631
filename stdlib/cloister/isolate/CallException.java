package cloister.isolate;

/** A call of a program in an isolate that came to no result; the program that called goes on. */
public final class CallException extends Exception {
    /** Why. */
    public enum Status {
        /** The handler threw an exception: {@link CallException#trace()} is its stack trace, in the isolate. */
        EXCEPTION,
        /** The call was not made, or has no result: no such handler, arguments that do not fit, a result too large. */
        REFUSED,
        /** The isolate has ended, by a limit, a signal, or with a status. */
        ENDED,
        /** No answer in time: the program may still work on it. */
        LATE
    }

    private static final long serialVersionUID = 1L;

    private final Status status;
    private final String text;

    public CallException(Status status, String text) {
        super(text.lines().findFirst().orElse(""));
        this.status = status;
        this.text = text;
    }

    public Status status() {
        return status;
    }

    /** Of an exception its whole stack trace, else the message. */
    public String trace() {
        return text;
    }
}
