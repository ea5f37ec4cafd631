/* Strings: UTF-16, modified UTF-8, regions, critical sections. */
#include "jnitest.h"

static void show(JNIEnv *env, jstring s)
{
    jsize n = (*env)->GetStringLength(env, s), bytes = (*env)->GetStringUTFLength(env, s);
    jboolean copied = 7;
    SAY("length %d, UTF length %d", n, bytes);
    const jchar *units = (*env)->GetStringChars(env, s, &copied);
    for (jsize i = 0; i < n; i++)
        printf(" %04x", units[i]);
    SAY("%s", copied != 7 ? "" : " isCopy not set");
    (*env)->ReleaseStringChars(env, s, units);
    copied = 7;
    const char *utf8 = (*env)->GetStringUTFChars(env, s, &copied);
    for (jsize i = 0; i <= bytes; i++)
        printf(" %02x", (unsigned char)utf8[i]);
    SAY(" copy %d", copied);
    (*env)->ReleaseStringUTFChars(env, s, utf8);
    const jchar *critical = (*env)->GetStringCritical(env, s, &copied);
    unsigned sum = 0;
    for (jsize i = 0; i < n; i++)
        sum = sum * 31 + critical[i];
    (*env)->ReleaseStringCritical(env, s, critical);
    SAY("critical: hash %08x", sum);
}

static void regions(JNIEnv *env, jstring s)
{
    jsize n = (*env)->GetStringLength(env, s);
    jchar units[64] = {0};
    char bytes[256];
    memset(bytes, 0x55, sizeof bytes);
    (*env)->GetStringRegion(env, s, 1, n - 2, units);
    SAY("region: %04x .. %04x, then %04x", units[0], units[n - 3], units[n - 2]);
    (*env)->GetStringUTFRegion(env, s, 1, n - 2, bytes);
    SAY("UTF region: %zu bytes, %02x", strlen(bytes), (unsigned char)bytes[0]);
    (*env)->GetStringUTFRegion(env, s, n, 0, bytes);
    SAY("empty UTF region: %zu", strlen(bytes));
    static const struct { jsize start, count; } bad[] = {{0, 1000}, {-1, 2}, {1, -1}, {1000, 0}};
    for (int i = 0; i < 4; i++) {
        (*env)->GetStringRegion(env, s, bad[i].start, bad[i].count, units);
        say_exception(env, "GetStringRegion");
        (*env)->GetStringUTFRegion(env, s, bad[i].start, bad[i].count, bytes);
        say_exception(env, "GetStringUTFRegion");
    }
}

JNIEXPORT jobjectArray JNICALL Java_JniTestStrings_run(JNIEnv *env, jclass self, jobjectArray strings)
{
    static const jchar units[] = {'a', 0, 0xe9, 0x20ac, 0xd83d, 0xde00, 0xdc00};
    for (jsize i = 0; i < (*env)->GetArrayLength(env, strings); i++) {
        jstring s = (*env)->GetObjectArrayElement(env, strings, i);
        show(env, s);
        if ((*env)->GetStringLength(env, s) > 3)
            regions(env, s);
    }
    jobjectArray made = (*env)->NewObjectArray(env, 6, (*env)->FindClass(env, "java/lang/String"), NULL);
    (*env)->SetObjectArrayElement(env, made, 0, (*env)->NewString(env, units, 7));
    (*env)->SetObjectArrayElement(env, made, 1, (*env)->NewString(env, units, 0));
    (*env)->SetObjectArrayElement(env, made, 2, (*env)->NewStringUTF(env, ""));
    (*env)->SetObjectArrayElement(env, made, 3, (*env)->NewStringUTF(env, "plain"));
    (*env)->SetObjectArrayElement(env, made, 4,
                                  (*env)->NewStringUTF(env, "\xc0\x80 \xc3\xa9 \xe2\x82\xac \xed\xa0\xbd\xed\xb8\x80"));
    (*env)->SetObjectArrayElement(env, made, 5, (*env)->NewStringUTF(env, "\xc3\xa9\xc3\xbf"));
    SAY("NewStringUTF(NULL): %d", (*env)->NewStringUTF(env, NULL) == NULL);
    say_exception(env, "strings");
    return made;
}
