package jdk.crac;

/** Why saving the program failed: the suppressed exceptions are those of the resources. */
public class CheckpointException extends Exception {
    private static final long serialVersionUID = 1L;

    public CheckpointException() { }

    public CheckpointException(String message) {
        super(message);
    }
}
