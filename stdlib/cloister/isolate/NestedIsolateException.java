package cloister.isolate;

/** Isolates cannot be started inside of one: there is no virtualization there, on purpose. */
public final class NestedIsolateException extends UnsupportedOperationException {
    private static final long serialVersionUID = 1L;

    public NestedIsolateException() {
        super("this program runs in an isolate, and isolates cannot be started inside of one: let the program outside "
            + "open the image");
    }
}
