package jdk.crac;

/** Why going on after it was saved failed: the suppressed exceptions are those of the resources. */
public class RestoreException extends Exception {
    private static final long serialVersionUID = 1L;

    public RestoreException() { }

    public RestoreException(String message) {
        super(message);
    }
}
