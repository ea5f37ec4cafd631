package jdk.crac;

/** Something that must be told before the program is saved, and in every clone before it goes on. */
public interface Resource {
    void beforeCheckpoint(Context<? extends Resource> context) throws Exception;

    void afterRestore(Context<? extends Resource> context) throws Exception;
}
