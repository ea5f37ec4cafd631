package cloister.isolate.internal;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A method that does what a launcher does in native code: no trace and no look at the stack shows it. Honoured by the VM. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Launcher { }
