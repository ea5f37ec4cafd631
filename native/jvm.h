/* The interface that OpenJDK's native libraries import from libjvm.so (openjdk 17): 183 functions, exported with
 * version SUNWprivate_1.1.  Names in `const char *` are modified UTF-8 in slash form; jstring class names are dotted.
 */
#ifndef CLOISTER_NATIVE_JVM_H
#define CLOISTER_NATIVE_JVM_H

#include <jni.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- Loading of libraries, JNI version, arguments, properties */
JNIEXPORT void* JNICALL JVM_LoadLibrary(const char* path);
JNIEXPORT void JNICALL JVM_UnloadLibrary(void* h);
JNIEXPORT void* JNICALL JVM_FindLibraryEntry(void* h, const char* name);
JNIEXPORT jboolean JNICALL JVM_IsSupportedJNIVersion(jint v);
JNIEXPORT jobjectArray JNICALL JVM_GetProperties(JNIEnv*);
JNIEXPORT jobjectArray JNICALL JVM_GetVmArguments(JNIEnv*);
JNIEXPORT jobject JNICALL JVM_InitAgentProperties(JNIEnv*, jobject props);
JNIEXPORT char* JNICALL JVM_NativePath(char*);
JNIEXPORT jstring JNICALL JVM_GetTemporaryDirectory(JNIEnv*);
JNIEXPORT jboolean JNICALL JVM_IsUseContainerSupport(void);
JNIEXPORT jint JNICALL JVM_ActiveProcessorCount(void);
JNIEXPORT jboolean JNICALL JVM_SupportsCX8(void);

/* ---- Class lookup and definition */
JNIEXPORT jclass JNICALL JVM_FindClassFromBootLoader(JNIEnv*, const char* name);
JNIEXPORT jclass JNICALL JVM_FindClassFromCaller(JNIEnv*, const char* name, jboolean init, jobject loader,
                                                 jclass caller);
JNIEXPORT jclass JNICALL JVM_FindClassFromClass(JNIEnv*, const char* name, jboolean init, jclass from);
JNIEXPORT jclass JNICALL JVM_FindLoadedClass(JNIEnv*, jobject loader, jstring dottedName);
JNIEXPORT jclass JNICALL JVM_FindPrimitiveClass(JNIEnv*, const char* name);
JNIEXPORT jclass JNICALL JVM_DefineClassWithSource(JNIEnv*, const char* name, jobject loader, const jbyte*, jsize,
                                                   jobject pd, const char* source);
JNIEXPORT jclass JNICALL JVM_LookupDefineClass(JNIEnv*, jclass lookup, const char* name, const jbyte*, jsize,
                                               jobject pd, jboolean init, int flags, jobject classData);
JNIEXPORT jobject JNICALL JVM_LatestUserDefinedLoader(JNIEnv*);
JNIEXPORT jstring JNICALL JVM_GetSystemPackage(JNIEnv*, jstring name);
JNIEXPORT jobjectArray JNICALL JVM_GetSystemPackages(JNIEnv*);

/* ---- Class mirror queries */
JNIEXPORT jstring JNICALL JVM_InitClassName(JNIEnv*, jclass);
JNIEXPORT jboolean JNICALL JVM_IsInterface(JNIEnv*, jclass);
JNIEXPORT jboolean JNICALL JVM_IsArrayClass(JNIEnv*, jclass);
JNIEXPORT jboolean JNICALL JVM_IsPrimitiveClass(JNIEnv*, jclass);
JNIEXPORT jboolean JNICALL JVM_IsHiddenClass(JNIEnv*, jclass);
JNIEXPORT jboolean JNICALL JVM_IsRecord(JNIEnv*, jclass);
JNIEXPORT jint JNICALL JVM_GetClassModifiers(JNIEnv*, jclass);
JNIEXPORT jint JNICALL JVM_GetClassAccessFlags(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_GetClassInterfaces(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_GetClassSigners(JNIEnv*, jclass);
JNIEXPORT void JNICALL JVM_SetClassSigners(JNIEnv*, jclass, jobjectArray);
JNIEXPORT jobject JNICALL JVM_GetProtectionDomain(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_GetDeclaredClasses(JNIEnv*, jclass);
JNIEXPORT jclass JNICALL JVM_GetDeclaringClass(JNIEnv*, jclass);
JNIEXPORT jstring JNICALL JVM_GetSimpleBinaryName(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_GetEnclosingMethodInfo(JNIEnv*, jclass);
JNIEXPORT jstring JNICALL JVM_GetClassSignature(JNIEnv*, jclass);
JNIEXPORT jbyteArray JNICALL JVM_GetClassAnnotations(JNIEnv*, jclass);
JNIEXPORT jbyteArray JNICALL JVM_GetClassTypeAnnotations(JNIEnv*, jclass);
JNIEXPORT jbyteArray JNICALL JVM_GetFieldTypeAnnotations(JNIEnv*, jobject field);
JNIEXPORT jbyteArray JNICALL JVM_GetMethodTypeAnnotations(JNIEnv*, jobject method);
JNIEXPORT jobjectArray JNICALL JVM_GetMethodParameters(JNIEnv*, jobject method);
JNIEXPORT jobjectArray JNICALL JVM_GetRecordComponents(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_GetPermittedSubclasses(JNIEnv*, jclass);
JNIEXPORT jclass JNICALL JVM_GetNestHost(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_GetNestMembers(JNIEnv*, jclass);
JNIEXPORT jboolean JNICALL JVM_AreNestMates(JNIEnv*, jclass, jclass);
JNIEXPORT jboolean JNICALL JVM_DesiredAssertionStatus(JNIEnv*, jclass unused, jclass cls);
JNIEXPORT jobject JNICALL JVM_AssertionStatusDirectives(JNIEnv*, jclass);

/* ---- Reflection */
JNIEXPORT jobjectArray JNICALL JVM_GetClassDeclaredFields(JNIEnv*, jclass, jboolean publicOnly);
JNIEXPORT jobjectArray JNICALL JVM_GetClassDeclaredMethods(JNIEnv*, jclass, jboolean publicOnly);
JNIEXPORT jobjectArray JNICALL JVM_GetClassDeclaredConstructors(JNIEnv*, jclass, jboolean publicOnly);
JNIEXPORT jobject JNICALL JVM_InvokeMethod(JNIEnv*, jobject method, jobject recv, jobjectArray args);
JNIEXPORT jobject JNICALL JVM_NewInstanceFromConstructor(JNIEnv*, jobject ctor, jobjectArray args);
JNIEXPORT jobject JNICALL JVM_GetClassConstantPool(JNIEnv*, jclass);
JNIEXPORT jint JNICALL JVM_ConstantPoolGetSize(JNIEnv*, jobject cp, jobject cpOop);
JNIEXPORT jclass JNICALL JVM_ConstantPoolGetClassAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jclass JNICALL JVM_ConstantPoolGetClassAtIfLoaded(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jint JNICALL JVM_ConstantPoolGetClassRefIndexAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobject JNICALL JVM_ConstantPoolGetMethodAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobject JNICALL JVM_ConstantPoolGetMethodAtIfLoaded(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobject JNICALL JVM_ConstantPoolGetFieldAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobject JNICALL JVM_ConstantPoolGetFieldAtIfLoaded(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobjectArray JNICALL JVM_ConstantPoolGetMemberRefInfoAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jint JNICALL JVM_ConstantPoolGetNameAndTypeRefIndexAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobjectArray JNICALL JVM_ConstantPoolGetNameAndTypeRefInfoAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jint JNICALL JVM_ConstantPoolGetIntAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jlong JNICALL JVM_ConstantPoolGetLongAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jfloat JNICALL JVM_ConstantPoolGetFloatAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jdouble JNICALL JVM_ConstantPoolGetDoubleAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jstring JNICALL JVM_ConstantPoolGetStringAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jstring JNICALL JVM_ConstantPoolGetUTF8At(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jbyte JNICALL JVM_ConstantPoolGetTagAt(JNIEnv*, jobject, jobject, jint);
JNIEXPORT jobject JNICALL JVM_NewArray(JNIEnv*, jclass elt, jint len);
JNIEXPORT jobject JNICALL JVM_NewMultiArray(JNIEnv*, jclass elt, jintArray dims);
JNIEXPORT jint JNICALL JVM_GetArrayLength(JNIEnv*, jobject);
JNIEXPORT jobject JNICALL JVM_GetArrayElement(JNIEnv*, jobject, jint);
JNIEXPORT jvalue JNICALL JVM_GetPrimitiveArrayElement(JNIEnv*, jobject, jint, jint wCode);
JNIEXPORT void JNICALL JVM_SetArrayElement(JNIEnv*, jobject, jint, jobject);
JNIEXPORT void JNICALL JVM_SetPrimitiveArrayElement(JNIEnv*, jobject, jint, jvalue, unsigned char vCode);

/* ---- Modules */
JNIEXPORT void JNICALL JVM_DefineModule(JNIEnv*, jobject module, jboolean open, jstring version, jstring location,
                                        jobjectArray packages);
JNIEXPORT void JNICALL JVM_SetBootLoaderUnnamedModule(JNIEnv*, jobject module);
JNIEXPORT void JNICALL JVM_AddReadsModule(JNIEnv*, jobject from, jobject to);
JNIEXPORT void JNICALL JVM_AddModuleExports(JNIEnv*, jobject from, jstring pkg, jobject to);
JNIEXPORT void JNICALL JVM_AddModuleExportsToAll(JNIEnv*, jobject from, jstring pkg);
JNIEXPORT void JNICALL JVM_AddModuleExportsToAllUnnamed(JNIEnv*, jobject from, jstring pkg);
JNIEXPORT void JNICALL JVM_DefineArchivedModules(JNIEnv*, jobject platLoader, jobject sysLoader);

/* ---- Stack and caller */
JNIEXPORT jclass JNICALL JVM_GetCallerClass(JNIEnv*);
JNIEXPORT void JNICALL JVM_FillInStackTrace(JNIEnv*, jobject throwable);
JNIEXPORT void JNICALL JVM_InitStackTraceElementArray(JNIEnv*, jobjectArray elems, jobject throwable);
JNIEXPORT void JNICALL JVM_InitStackTraceElement(JNIEnv*, jobject elem, jobject stackFrameInfo);
JNIEXPORT jobject JNICALL JVM_CallStackWalk(JNIEnv*, jobject stream, jlong mode, jint skip, jint batch, jint start,
                                            jobjectArray frames);
JNIEXPORT jint JNICALL JVM_MoreStackWalk(JNIEnv*, jobject stream, jlong mode, jlong anchor, jint batch, jint start,
                                         jobjectArray frames);
JNIEXPORT jobjectArray JNICALL JVM_GetClassContext(JNIEnv*);
JNIEXPORT jstring JNICALL JVM_GetExtendedNPEMessage(JNIEnv*, jthrowable);
JNIEXPORT jobject JNICALL JVM_GetStackAccessControlContext(JNIEnv*, jclass);
JNIEXPORT jobject JNICALL JVM_GetInheritedAccessControlContext(JNIEnv*, jclass);

/* ---- Objects, time, memory, process */
JNIEXPORT jint JNICALL JVM_IHashCode(JNIEnv*, jobject);
JNIEXPORT jstring JNICALL JVM_InternString(JNIEnv*, jstring);
JNIEXPORT void JNICALL JVM_ArrayCopy(JNIEnv*, jclass, jobject, jint, jobject, jint, jint);
JNIEXPORT jlong JNICALL JVM_CurrentTimeMillis(JNIEnv*, jclass);
JNIEXPORT jlong JNICALL JVM_NanoTime(JNIEnv*, jclass);
JNIEXPORT jlong JNICALL JVM_GetNanoTimeAdjustment(JNIEnv*, jclass, jlong offSecs);
JNIEXPORT jlong JNICALL JVM_FreeMemory(void);
JNIEXPORT jlong JNICALL JVM_TotalMemory(void);
JNIEXPORT jlong JNICALL JVM_MaxMemory(void);
JNIEXPORT void JNICALL JVM_GC(void);
JNIEXPORT jlong JNICALL JVM_MaxObjectInspectionAge(void);
JNIEXPORT void JNICALL JVM_BeforeHalt(void);
JNIEXPORT void JNICALL JVM_Halt(jint code);

/* ---- References */
JNIEXPORT void JNICALL JVM_WaitForReferencePendingList(JNIEnv*);
JNIEXPORT jboolean JNICALL JVM_HasReferencePendingList(JNIEnv*);
JNIEXPORT jobject JNICALL JVM_GetAndClearReferencePendingList(JNIEnv*);
JNIEXPORT void JNICALL JVM_ReferenceClear(JNIEnv*, jobject ref);
JNIEXPORT jboolean JNICALL JVM_ReferenceRefersTo(JNIEnv*, jobject ref, jobject o);
JNIEXPORT jboolean JNICALL JVM_PhantomReferenceRefersTo(JNIEnv*, jobject ref, jobject o);

/* ---- Threads and monitors */
JNIEXPORT jobject JNICALL JVM_CurrentThread(JNIEnv*, jclass);
JNIEXPORT void JNICALL JVM_StartThread(JNIEnv*, jobject);
JNIEXPORT void JNICALL JVM_SetThreadPriority(JNIEnv*, jobject, jint);
JNIEXPORT void JNICALL JVM_Yield(JNIEnv*, jclass);
JNIEXPORT void JNICALL JVM_Sleep(JNIEnv*, jclass, jlong ms);
JNIEXPORT void JNICALL JVM_Interrupt(JNIEnv*, jobject);
JNIEXPORT jboolean JNICALL JVM_HoldsLock(JNIEnv*, jclass, jobject);
JNIEXPORT jobjectArray JNICALL JVM_GetAllThreads(JNIEnv*, jclass);
JNIEXPORT jobjectArray JNICALL JVM_DumpThreads(JNIEnv*, jclass, jobjectArray);
JNIEXPORT void JNICALL JVM_SetNativeThreadName(JNIEnv*, jobject, jstring);
JNIEXPORT void JNICALL JVM_StopThread(JNIEnv*, jobject, jobject exc);
JNIEXPORT void JNICALL JVM_SuspendThread(JNIEnv*, jobject);
JNIEXPORT void JNICALL JVM_ResumeThread(JNIEnv*, jobject);
JNIEXPORT void* JNICALL JVM_RawMonitorCreate(void);
JNIEXPORT void JNICALL JVM_RawMonitorDestroy(void*);
JNIEXPORT jint JNICALL JVM_RawMonitorEnter(void*);
JNIEXPORT void JNICALL JVM_RawMonitorExit(void*);

/* ---- Signals, diagnostics, management */
JNIEXPORT jint JNICALL JVM_FindSignal(const char* name);
JNIEXPORT void* JNICALL JVM_RegisterSignal(jint sig, void* h);
JNIEXPORT jboolean JNICALL JVM_RaiseSignal(jint);
JNIEXPORT void* JNICALL JVM_GetManagement(jint version);

/* ---- CDS and archive stubs */
JNIEXPORT jboolean JNICALL JVM_IsCDSDumpingEnabled(JNIEnv*);
JNIEXPORT jboolean JNICALL JVM_IsDumpingClassList(JNIEnv*);
JNIEXPORT jboolean JNICALL JVM_IsSharingEnabled(JNIEnv*);
JNIEXPORT void JNICALL JVM_InitializeFromArchive(JNIEnv*, jclass);
JNIEXPORT jlong JNICALL JVM_GetRandomSeedForDumping(void);
JNIEXPORT void JNICALL JVM_RegisterLambdaProxyClassForArchiving(JNIEnv*, jclass, jstring, jobject, jobject, jobject,
                                                                jobject, jclass);
JNIEXPORT jclass JNICALL JVM_LookupLambdaProxyClassFromArchive(JNIEnv*, jclass, jstring, jobject, jobject, jobject,
                                                               jobject);
JNIEXPORT void JNICALL JVM_LogLambdaFormInvoker(JNIEnv*, jstring);
JNIEXPORT void JNICALL JVM_DumpClassListToFile(JNIEnv*, jstring);
JNIEXPORT void JNICALL JVM_DumpDynamicArchive(JNIEnv*, jstring);

/* ---- Old verifier callbacks */
JNIEXPORT const char* JNICALL JVM_GetClassNameUTF(JNIEnv*, jclass);
JNIEXPORT void JNICALL JVM_GetClassCPTypes(JNIEnv*, jclass, unsigned char* out);
JNIEXPORT jint JNICALL JVM_GetClassCPEntriesCount(JNIEnv*, jclass);
JNIEXPORT jint JNICALL JVM_GetClassFieldsCount(JNIEnv*, jclass);
JNIEXPORT jint JNICALL JVM_GetClassMethodsCount(JNIEnv*, jclass);
JNIEXPORT jint JNICALL JVM_GetFieldIxModifiers(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetMethodIxModifiers(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetMethodIxNameUTF(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetMethodIxSignatureUTF(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetMethodIxArgsSize(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetMethodIxLocalsCount(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetMethodIxMaxStack(JNIEnv*, jclass, jint);
JNIEXPORT void JNICALL JVM_GetMethodIxByteCode(JNIEnv*, jclass, jint, unsigned char*);
JNIEXPORT jint JNICALL JVM_GetMethodIxByteCodeLength(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetMethodIxExceptionTableLength(JNIEnv*, jclass, jint);
JNIEXPORT void JNICALL JVM_GetMethodIxExceptionTableEntry(JNIEnv*, jclass, jint, jint, void *);
JNIEXPORT jint JNICALL JVM_GetMethodIxExceptionsCount(JNIEnv*, jclass, jint);
JNIEXPORT void JNICALL JVM_GetMethodIxExceptionIndexes(JNIEnv*, jclass, jint, unsigned short*);
JNIEXPORT jboolean JNICALL JVM_IsConstructorIx(JNIEnv*, jclass, jint);
JNIEXPORT jboolean JNICALL JVM_IsVMGeneratedMethodIx(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetCPClassNameUTF(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetCPFieldClassNameUTF(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetCPFieldSignatureUTF(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetCPFieldModifiers(JNIEnv*, jclass, jint, jclass called);
JNIEXPORT const char* JNICALL JVM_GetCPMethodClassNameUTF(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetCPMethodNameUTF(JNIEnv*, jclass, jint);
JNIEXPORT const char* JNICALL JVM_GetCPMethodSignatureUTF(JNIEnv*, jclass, jint);
JNIEXPORT jint JNICALL JVM_GetCPMethodModifiers(JNIEnv*, jclass, jint, jclass called);
JNIEXPORT void JNICALL JVM_ReleaseUTF(const char*);
JNIEXPORT jboolean JNICALL JVM_IsSameClassPackage(JNIEnv*, jclass, jclass);

/* ---- printf family */
JNIEXPORT int JNICALL jio_vsnprintf(char*, size_t, const char*, va_list);
JNIEXPORT int JNICALL jio_snprintf(char*, size_t, const char*, ...);
JNIEXPORT int JNICALL jio_fprintf(FILE*, const char*, ...);
JNIEXPORT int JNICALL jio_vfprintf(FILE*, const char*, va_list);

#endif
