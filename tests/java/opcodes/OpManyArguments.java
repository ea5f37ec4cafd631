// Calls with 255 argument slots of all types: static, virtual, interface, special, by reflection and by method handle.
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;

public class OpManyArguments {
    static String join(Object... values) {
        StringBuilder s = new StringBuilder();
        for (Object v : values) s.append(v).append(' ');
        return s.toString();
    }

    interface Wide {
        String call(
            int a0, long a1, double a2, float a3, Object a4, byte a5, boolean a6, char a7, short a8, int a9, long a10,
            double a11, float a12, Object a13, byte a14, boolean a15, char a16, short a17, int a18, long a19,
            double a20, float a21, Object a22, byte a23, boolean a24, char a25, short a26, int a27, long a28,
            double a29, float a30, Object a31, byte a32, boolean a33, char a34, short a35, int a36, long a37,
            double a38, float a39, Object a40, byte a41, boolean a42, char a43, short a44, int a45, long a46,
            double a47, float a48, Object a49, byte a50, boolean a51, char a52, short a53, int a54, long a55,
            double a56, float a57, Object a58, byte a59, boolean a60, char a61, short a62, int a63, long a64,
            double a65, float a66, Object a67, byte a68, boolean a69, char a70, short a71, int a72, long a73,
            double a74, float a75, Object a76, byte a77, boolean a78, char a79, short a80, int a81, long a82,
            double a83, float a84, Object a85, byte a86, boolean a87, char a88, short a89, int a90, long a91,
            double a92, float a93, Object a94, byte a95, boolean a96, char a97, short a98, int a99, long a100,
            double a101, float a102, Object a103, byte a104, boolean a105, char a106, short a107, int a108, long a109,
            double a110, float a111, Object a112, byte a113, boolean a114, char a115, short a116, int a117, long a118,
            double a119, float a120, Object a121, byte a122, boolean a123, char a124, short a125, int a126, long a127,
            double a128, float a129, Object a130, byte a131, boolean a132, char a133, short a134, int a135, long a136,
            double a137, float a138, Object a139, byte a140, boolean a141, char a142, short a143, int a144, long a145,
            double a146, float a147, Object a148, byte a149, boolean a150, char a151, short a152, int a153, long a154,
            double a155, float a156, Object a157, byte a158, boolean a159, char a160, short a161, int a162, long a163,
            double a164, float a165, Object a166, byte a167, boolean a168, char a169, short a170, int a171, long a172,
            double a173, float a174, Object a175, byte a176, boolean a177, char a178, short a179, int a180, long a181,
            double a182, float a183, Object a184, byte a185, boolean a186, char a187, short a188, int a189, long a190,
            double a191, float a192, Object a193, byte a194, boolean a195, char a196, short a197, int a198, long a199,
            double a200, float a201, Object a202, byte a203, boolean a204, char a205, short a206, int a207);
    }

    static class Impl implements Wide {
        final int own;

        Impl(int own) {
            this.own = own;
        }

        public String call(
            int a0, long a1, double a2, float a3, Object a4, byte a5, boolean a6, char a7, short a8, int a9, long a10,
            double a11, float a12, Object a13, byte a14, boolean a15, char a16, short a17, int a18, long a19,
            double a20, float a21, Object a22, byte a23, boolean a24, char a25, short a26, int a27, long a28,
            double a29, float a30, Object a31, byte a32, boolean a33, char a34, short a35, int a36, long a37,
            double a38, float a39, Object a40, byte a41, boolean a42, char a43, short a44, int a45, long a46,
            double a47, float a48, Object a49, byte a50, boolean a51, char a52, short a53, int a54, long a55,
            double a56, float a57, Object a58, byte a59, boolean a60, char a61, short a62, int a63, long a64,
            double a65, float a66, Object a67, byte a68, boolean a69, char a70, short a71, int a72, long a73,
            double a74, float a75, Object a76, byte a77, boolean a78, char a79, short a80, int a81, long a82,
            double a83, float a84, Object a85, byte a86, boolean a87, char a88, short a89, int a90, long a91,
            double a92, float a93, Object a94, byte a95, boolean a96, char a97, short a98, int a99, long a100,
            double a101, float a102, Object a103, byte a104, boolean a105, char a106, short a107, int a108, long a109,
            double a110, float a111, Object a112, byte a113, boolean a114, char a115, short a116, int a117, long a118,
            double a119, float a120, Object a121, byte a122, boolean a123, char a124, short a125, int a126, long a127,
            double a128, float a129, Object a130, byte a131, boolean a132, char a133, short a134, int a135, long a136,
            double a137, float a138, Object a139, byte a140, boolean a141, char a142, short a143, int a144, long a145,
            double a146, float a147, Object a148, byte a149, boolean a150, char a151, short a152, int a153, long a154,
            double a155, float a156, Object a157, byte a158, boolean a159, char a160, short a161, int a162, long a163,
            double a164, float a165, Object a166, byte a167, boolean a168, char a169, short a170, int a171, long a172,
            double a173, float a174, Object a175, byte a176, boolean a177, char a178, short a179, int a180, long a181,
            double a182, float a183, Object a184, byte a185, boolean a186, char a187, short a188, int a189, long a190,
            double a191, float a192, Object a193, byte a194, boolean a195, char a196, short a197, int a198, long a199,
            double a200, float a201, Object a202, byte a203, boolean a204, char a205, short a206, int a207) {
            return own + ":" + join(
                a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21,
                a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41,
                a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61,
                a62, a63, a64, a65, a66, a67, a68, a69, a70, a71, a72, a73, a74, a75, a76, a77, a78, a79, a80, a81,
                a82, a83, a84, a85, a86, a87, a88, a89, a90, a91, a92, a93, a94, a95, a96, a97, a98, a99, a100, a101,
                a102, a103, a104, a105, a106, a107, a108, a109, a110, a111, a112, a113, a114, a115, a116, a117, a118,
                a119, a120, a121, a122, a123, a124, a125, a126, a127, a128, a129, a130, a131, a132, a133, a134, a135,
                a136, a137, a138, a139, a140, a141, a142, a143, a144, a145, a146, a147, a148, a149, a150, a151, a152,
                a153, a154, a155, a156, a157, a158, a159, a160, a161, a162, a163, a164, a165, a166, a167, a168, a169,
                a170, a171, a172, a173, a174, a175, a176, a177, a178, a179, a180, a181, a182, a183, a184, a185, a186,
                a187, a188, a189, a190, a191, a192, a193, a194, a195, a196, a197, a198, a199, a200, a201, a202, a203,
                a204, a205, a206, a207);
        }
    }

    static class Sub extends Impl {
        Sub() {
            super(7);
        }

        @Override public String call(
            int a0, long a1, double a2, float a3, Object a4, byte a5, boolean a6, char a7, short a8, int a9, long a10,
            double a11, float a12, Object a13, byte a14, boolean a15, char a16, short a17, int a18, long a19,
            double a20, float a21, Object a22, byte a23, boolean a24, char a25, short a26, int a27, long a28,
            double a29, float a30, Object a31, byte a32, boolean a33, char a34, short a35, int a36, long a37,
            double a38, float a39, Object a40, byte a41, boolean a42, char a43, short a44, int a45, long a46,
            double a47, float a48, Object a49, byte a50, boolean a51, char a52, short a53, int a54, long a55,
            double a56, float a57, Object a58, byte a59, boolean a60, char a61, short a62, int a63, long a64,
            double a65, float a66, Object a67, byte a68, boolean a69, char a70, short a71, int a72, long a73,
            double a74, float a75, Object a76, byte a77, boolean a78, char a79, short a80, int a81, long a82,
            double a83, float a84, Object a85, byte a86, boolean a87, char a88, short a89, int a90, long a91,
            double a92, float a93, Object a94, byte a95, boolean a96, char a97, short a98, int a99, long a100,
            double a101, float a102, Object a103, byte a104, boolean a105, char a106, short a107, int a108, long a109,
            double a110, float a111, Object a112, byte a113, boolean a114, char a115, short a116, int a117, long a118,
            double a119, float a120, Object a121, byte a122, boolean a123, char a124, short a125, int a126, long a127,
            double a128, float a129, Object a130, byte a131, boolean a132, char a133, short a134, int a135, long a136,
            double a137, float a138, Object a139, byte a140, boolean a141, char a142, short a143, int a144, long a145,
            double a146, float a147, Object a148, byte a149, boolean a150, char a151, short a152, int a153, long a154,
            double a155, float a156, Object a157, byte a158, boolean a159, char a160, short a161, int a162, long a163,
            double a164, float a165, Object a166, byte a167, boolean a168, char a169, short a170, int a171, long a172,
            double a173, float a174, Object a175, byte a176, boolean a177, char a178, short a179, int a180, long a181,
            double a182, float a183, Object a184, byte a185, boolean a186, char a187, short a188, int a189, long a190,
            double a191, float a192, Object a193, byte a194, boolean a195, char a196, short a197, int a198, long a199,
            double a200, float a201, Object a202, byte a203, boolean a204, char a205, short a206, int a207) {
            return "sub " + super.call(
                a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21,
                a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41,
                a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61,
                a62, a63, a64, a65, a66, a67, a68, a69, a70, a71, a72, a73, a74, a75, a76, a77, a78, a79, a80, a81,
                a82, a83, a84, a85, a86, a87, a88, a89, a90, a91, a92, a93, a94, a95, a96, a97, a98, a99, a100, a101,
                a102, a103, a104, a105, a106, a107, a108, a109, a110, a111, a112, a113, a114, a115, a116, a117, a118,
                a119, a120, a121, a122, a123, a124, a125, a126, a127, a128, a129, a130, a131, a132, a133, a134, a135,
                a136, a137, a138, a139, a140, a141, a142, a143, a144, a145, a146, a147, a148, a149, a150, a151, a152,
                a153, a154, a155, a156, a157, a158, a159, a160, a161, a162, a163, a164, a165, a166, a167, a168, a169,
                a170, a171, a172, a173, a174, a175, a176, a177, a178, a179, a180, a181, a182, a183, a184, a185, a186,
                a187, a188, a189, a190, a191, a192, a193, a194, a195, a196, a197, a198, a199, a200, a201, a202, a203,
                a204, a205, a206, a207);
        }
    }

    static String direct(
            int a0, long a1, double a2, float a3, Object a4, byte a5, boolean a6, char a7, short a8, int a9, long a10,
            double a11, float a12, Object a13, byte a14, boolean a15, char a16, short a17, int a18, long a19,
            double a20, float a21, Object a22, byte a23, boolean a24, char a25, short a26, int a27, long a28,
            double a29, float a30, Object a31, byte a32, boolean a33, char a34, short a35, int a36, long a37,
            double a38, float a39, Object a40, byte a41, boolean a42, char a43, short a44, int a45, long a46,
            double a47, float a48, Object a49, byte a50, boolean a51, char a52, short a53, int a54, long a55,
            double a56, float a57, Object a58, byte a59, boolean a60, char a61, short a62, int a63, long a64,
            double a65, float a66, Object a67, byte a68, boolean a69, char a70, short a71, int a72, long a73,
            double a74, float a75, Object a76, byte a77, boolean a78, char a79, short a80, int a81, long a82,
            double a83, float a84, Object a85, byte a86, boolean a87, char a88, short a89, int a90, long a91,
            double a92, float a93, Object a94, byte a95, boolean a96, char a97, short a98, int a99, long a100,
            double a101, float a102, Object a103, byte a104, boolean a105, char a106, short a107, int a108, long a109,
            double a110, float a111, Object a112, byte a113, boolean a114, char a115, short a116, int a117, long a118,
            double a119, float a120, Object a121, byte a122, boolean a123, char a124, short a125, int a126, long a127,
            double a128, float a129, Object a130, byte a131, boolean a132, char a133, short a134, int a135, long a136,
            double a137, float a138, Object a139, byte a140, boolean a141, char a142, short a143, int a144, long a145,
            double a146, float a147, Object a148, byte a149, boolean a150, char a151, short a152, int a153, long a154,
            double a155, float a156, Object a157, byte a158, boolean a159, char a160, short a161, int a162, long a163,
            double a164, float a165, Object a166, byte a167, boolean a168, char a169, short a170, int a171, long a172,
            double a173, float a174, Object a175, byte a176, boolean a177, char a178, short a179, int a180, long a181,
            double a182, float a183, Object a184, byte a185, boolean a186, char a187, short a188, int a189, long a190,
            double a191, float a192, Object a193, byte a194, boolean a195, char a196, short a197, int a198, long a199,
            double a200, float a201, Object a202, byte a203, boolean a204, char a205, short a206, int a207, int a208) {
        return join(
                a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21,
                a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41,
                a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61,
                a62, a63, a64, a65, a66, a67, a68, a69, a70, a71, a72, a73, a74, a75, a76, a77, a78, a79, a80, a81,
                a82, a83, a84, a85, a86, a87, a88, a89, a90, a91, a92, a93, a94, a95, a96, a97, a98, a99, a100, a101,
                a102, a103, a104, a105, a106, a107, a108, a109, a110, a111, a112, a113, a114, a115, a116, a117, a118,
                a119, a120, a121, a122, a123, a124, a125, a126, a127, a128, a129, a130, a131, a132, a133, a134, a135,
                a136, a137, a138, a139, a140, a141, a142, a143, a144, a145, a146, a147, a148, a149, a150, a151, a152,
                a153, a154, a155, a156, a157, a158, a159, a160, a161, a162, a163, a164, a165, a166, a167, a168, a169,
                a170, a171, a172, a173, a174, a175, a176, a177, a178, a179, a180, a181, a182, a183, a184, a185, a186,
                a187, a188, a189, a190, a191, a192, a193, a194, a195, a196, a197, a198, a199, a200, a201, a202, a203,
                a204, a205, a206, a207, a208);
    }

    static synchronized double mixed(double a, float b, long c, int d, Double e, Long f, String g, byte h, short i, char j,
                                     boolean k, long[] l, double m) {
        return a + b + c + d + e + f + g.length() + h + i + j + (k ? 1 : 0) + l[0] + m;
    }

    public static void main(String[] args) throws Throwable {
        System.out.println(direct(
            0, 10000000001L, 2.5, 3.25f, "o4", (byte) 5, false, (char) (48 + 7), (short) -8, 9000027, 100000000001L,
            11.5, 12.25f, "o13", (byte) 14, true, (char) (48 + 16), (short) -17, 18000054, 190000000001L, 20.5,
            21.25f, "o22", (byte) 23, false, (char) (48 + 25), (short) -26, 27000081, 280000000001L, 29.5, 30.25f,
            "o31", (byte) 32, true, (char) (48 + 34), (short) -35, 36000108, 370000000001L, 38.5, 39.25f, "o40",
            (byte) 41, false, (char) (48 + 43), (short) -44, 45000135, 460000000001L, 47.5, 48.25f, "o49", (byte) 50,
            true, (char) (48 + 52), (short) -53, 54000162, 550000000001L, 56.5, 57.25f, "o58", (byte) 59, false,
            (char) (48 + 61), (short) -62, 63000189, 640000000001L, 65.5, 66.25f, "o67", (byte) 68, true,
            (char) (48 + 0), (short) -71, 72000216, 730000000001L, 74.5, 75.25f, "o76", (byte) 77, false,
            (char) (48 + 9), (short) -80, 81000243, 820000000001L, 83.5, 84.25f, "o85", (byte) 86, true,
            (char) (48 + 18), (short) -89, 90000270, 910000000001L, 92.5, 93.25f, "o94", (byte) 95, false,
            (char) (48 + 27), (short) -98, 99000297, 1000000000001L, 101.5, 102.25f, "o103", (byte) 104, true,
            (char) (48 + 36), (short) -107, 108000324, 1090000000001L, 110.5, 111.25f, "o112", (byte) 113, false,
            (char) (48 + 45), (short) -116, 117000351, 1180000000001L, 119.5, 120.25f, "o121", (byte) 122, true,
            (char) (48 + 54), (short) -125, 126000378, 1270000000001L, 128.5, 129.25f, "o130", (byte) 131, false,
            (char) (48 + 63), (short) -134, 135000405, 1360000000001L, 137.5, 138.25f, "o139", (byte) 140, true,
            (char) (48 + 2), (short) -143, 144000432, 1450000000001L, 146.5, 147.25f, "o148", (byte) 149, false,
            (char) (48 + 11), (short) -152, 153000459, 1540000000001L, 155.5, 156.25f, "o157", (byte) 158, true,
            (char) (48 + 20), (short) -161, 162000486, 1630000000001L, 164.5, 165.25f, "o166", (byte) 167, false,
            (char) (48 + 29), (short) -170, 171000513, 1720000000001L, 173.5, 174.25f, "o175", (byte) 176, true,
            (char) (48 + 38), (short) -179, 180000540, 1810000000001L, 182.5, 183.25f, "o184", (byte) 185, false,
            (char) (48 + 47), (short) -188, 189000567, 1900000000001L, 191.5, 192.25f, "o193", (byte) 194, true,
            (char) (48 + 56), (short) -197, 198000594, 1990000000001L, 200.5, 201.25f, "o202", (byte) 203, false,
            (char) (48 + 65), (short) -206, 207000621, 208000624));
        Impl impl = new Impl(5);
        Wide wide = new Sub();
        System.out.println(impl.call(
            0, 10000000001L, 2.5, 3.25f, "o4", (byte) 5, false, (char) (48 + 7), (short) -8, 9000027, 100000000001L,
            11.5, 12.25f, "o13", (byte) 14, true, (char) (48 + 16), (short) -17, 18000054, 190000000001L, 20.5,
            21.25f, "o22", (byte) 23, false, (char) (48 + 25), (short) -26, 27000081, 280000000001L, 29.5, 30.25f,
            "o31", (byte) 32, true, (char) (48 + 34), (short) -35, 36000108, 370000000001L, 38.5, 39.25f, "o40",
            (byte) 41, false, (char) (48 + 43), (short) -44, 45000135, 460000000001L, 47.5, 48.25f, "o49", (byte) 50,
            true, (char) (48 + 52), (short) -53, 54000162, 550000000001L, 56.5, 57.25f, "o58", (byte) 59, false,
            (char) (48 + 61), (short) -62, 63000189, 640000000001L, 65.5, 66.25f, "o67", (byte) 68, true,
            (char) (48 + 0), (short) -71, 72000216, 730000000001L, 74.5, 75.25f, "o76", (byte) 77, false,
            (char) (48 + 9), (short) -80, 81000243, 820000000001L, 83.5, 84.25f, "o85", (byte) 86, true,
            (char) (48 + 18), (short) -89, 90000270, 910000000001L, 92.5, 93.25f, "o94", (byte) 95, false,
            (char) (48 + 27), (short) -98, 99000297, 1000000000001L, 101.5, 102.25f, "o103", (byte) 104, true,
            (char) (48 + 36), (short) -107, 108000324, 1090000000001L, 110.5, 111.25f, "o112", (byte) 113, false,
            (char) (48 + 45), (short) -116, 117000351, 1180000000001L, 119.5, 120.25f, "o121", (byte) 122, true,
            (char) (48 + 54), (short) -125, 126000378, 1270000000001L, 128.5, 129.25f, "o130", (byte) 131, false,
            (char) (48 + 63), (short) -134, 135000405, 1360000000001L, 137.5, 138.25f, "o139", (byte) 140, true,
            (char) (48 + 2), (short) -143, 144000432, 1450000000001L, 146.5, 147.25f, "o148", (byte) 149, false,
            (char) (48 + 11), (short) -152, 153000459, 1540000000001L, 155.5, 156.25f, "o157", (byte) 158, true,
            (char) (48 + 20), (short) -161, 162000486, 1630000000001L, 164.5, 165.25f, "o166", (byte) 167, false,
            (char) (48 + 29), (short) -170, 171000513, 1720000000001L, 173.5, 174.25f, "o175", (byte) 176, true,
            (char) (48 + 38), (short) -179, 180000540, 1810000000001L, 182.5, 183.25f, "o184", (byte) 185, false,
            (char) (48 + 47), (short) -188, 189000567, 1900000000001L, 191.5, 192.25f, "o193", (byte) 194, true,
            (char) (48 + 56), (short) -197, 198000594, 1990000000001L, 200.5, 201.25f, "o202", (byte) 203, false,
            (char) (48 + 65), (short) -206, 207000621));
        System.out.println(wide.call(
            0, 10000000001L, 2.5, 3.25f, "o4", (byte) 5, false, (char) (48 + 7), (short) -8, 9000027, 100000000001L,
            11.5, 12.25f, "o13", (byte) 14, true, (char) (48 + 16), (short) -17, 18000054, 190000000001L, 20.5,
            21.25f, "o22", (byte) 23, false, (char) (48 + 25), (short) -26, 27000081, 280000000001L, 29.5, 30.25f,
            "o31", (byte) 32, true, (char) (48 + 34), (short) -35, 36000108, 370000000001L, 38.5, 39.25f, "o40",
            (byte) 41, false, (char) (48 + 43), (short) -44, 45000135, 460000000001L, 47.5, 48.25f, "o49", (byte) 50,
            true, (char) (48 + 52), (short) -53, 54000162, 550000000001L, 56.5, 57.25f, "o58", (byte) 59, false,
            (char) (48 + 61), (short) -62, 63000189, 640000000001L, 65.5, 66.25f, "o67", (byte) 68, true,
            (char) (48 + 0), (short) -71, 72000216, 730000000001L, 74.5, 75.25f, "o76", (byte) 77, false,
            (char) (48 + 9), (short) -80, 81000243, 820000000001L, 83.5, 84.25f, "o85", (byte) 86, true,
            (char) (48 + 18), (short) -89, 90000270, 910000000001L, 92.5, 93.25f, "o94", (byte) 95, false,
            (char) (48 + 27), (short) -98, 99000297, 1000000000001L, 101.5, 102.25f, "o103", (byte) 104, true,
            (char) (48 + 36), (short) -107, 108000324, 1090000000001L, 110.5, 111.25f, "o112", (byte) 113, false,
            (char) (48 + 45), (short) -116, 117000351, 1180000000001L, 119.5, 120.25f, "o121", (byte) 122, true,
            (char) (48 + 54), (short) -125, 126000378, 1270000000001L, 128.5, 129.25f, "o130", (byte) 131, false,
            (char) (48 + 63), (short) -134, 135000405, 1360000000001L, 137.5, 138.25f, "o139", (byte) 140, true,
            (char) (48 + 2), (short) -143, 144000432, 1450000000001L, 146.5, 147.25f, "o148", (byte) 149, false,
            (char) (48 + 11), (short) -152, 153000459, 1540000000001L, 155.5, 156.25f, "o157", (byte) 158, true,
            (char) (48 + 20), (short) -161, 162000486, 1630000000001L, 164.5, 165.25f, "o166", (byte) 167, false,
            (char) (48 + 29), (short) -170, 171000513, 1720000000001L, 173.5, 174.25f, "o175", (byte) 176, true,
            (char) (48 + 38), (short) -179, 180000540, 1810000000001L, 182.5, 183.25f, "o184", (byte) 185, false,
            (char) (48 + 47), (short) -188, 189000567, 1900000000001L, 191.5, 192.25f, "o193", (byte) 194, true,
            (char) (48 + 56), (short) -197, 198000594, 1990000000001L, 200.5, 201.25f, "o202", (byte) 203, false,
            (char) (48 + 65), (short) -206, 207000621));
        Object[] all = {
            0, 10000000001L, 2.5, 3.25f, "o4", (byte) 5, false, (char) (48 + 7), (short) -8, 9000027, 100000000001L,
            11.5, 12.25f, "o13", (byte) 14, true, (char) (48 + 16), (short) -17, 18000054, 190000000001L, 20.5,
            21.25f, "o22", (byte) 23, false, (char) (48 + 25), (short) -26, 27000081, 280000000001L, 29.5, 30.25f,
            "o31", (byte) 32, true, (char) (48 + 34), (short) -35, 36000108, 370000000001L, 38.5, 39.25f, "o40",
            (byte) 41, false, (char) (48 + 43), (short) -44, 45000135, 460000000001L, 47.5, 48.25f, "o49", (byte) 50,
            true, (char) (48 + 52), (short) -53, 54000162, 550000000001L, 56.5, 57.25f, "o58", (byte) 59, false,
            (char) (48 + 61), (short) -62, 63000189, 640000000001L, 65.5, 66.25f, "o67", (byte) 68, true,
            (char) (48 + 0), (short) -71, 72000216, 730000000001L, 74.5, 75.25f, "o76", (byte) 77, false,
            (char) (48 + 9), (short) -80, 81000243, 820000000001L, 83.5, 84.25f, "o85", (byte) 86, true,
            (char) (48 + 18), (short) -89, 90000270, 910000000001L, 92.5, 93.25f, "o94", (byte) 95, false,
            (char) (48 + 27), (short) -98, 99000297, 1000000000001L, 101.5, 102.25f, "o103", (byte) 104, true,
            (char) (48 + 36), (short) -107, 108000324, 1090000000001L, 110.5, 111.25f, "o112", (byte) 113, false,
            (char) (48 + 45), (short) -116, 117000351, 1180000000001L, 119.5, 120.25f, "o121", (byte) 122, true,
            (char) (48 + 54), (short) -125, 126000378, 1270000000001L, 128.5, 129.25f, "o130", (byte) 131, false,
            (char) (48 + 63), (short) -134, 135000405, 1360000000001L, 137.5, 138.25f, "o139", (byte) 140, true,
            (char) (48 + 2), (short) -143, 144000432, 1450000000001L, 146.5, 147.25f, "o148", (byte) 149, false,
            (char) (48 + 11), (short) -152, 153000459, 1540000000001L, 155.5, 156.25f, "o157", (byte) 158, true,
            (char) (48 + 20), (short) -161, 162000486, 1630000000001L, 164.5, 165.25f, "o166", (byte) 167, false,
            (char) (48 + 29), (short) -170, 171000513, 1720000000001L, 173.5, 174.25f, "o175", (byte) 176, true,
            (char) (48 + 38), (short) -179, 180000540, 1810000000001L, 182.5, 183.25f, "o184", (byte) 185, false,
            (char) (48 + 47), (short) -188, 189000567, 1900000000001L, 191.5, 192.25f, "o193", (byte) 194, true,
            (char) (48 + 56), (short) -197, 198000594, 1990000000001L, 200.5, 201.25f, "o202", (byte) 203, false,
            (char) (48 + 65), (short) -206, 207000621, 208000624};
        Object[] less = {
            0, 10000000001L, 2.5, 3.25f, "o4", (byte) 5, false, (char) (48 + 7), (short) -8, 9000027, 100000000001L,
            11.5, 12.25f, "o13", (byte) 14, true, (char) (48 + 16), (short) -17, 18000054, 190000000001L, 20.5,
            21.25f, "o22", (byte) 23, false, (char) (48 + 25), (short) -26, 27000081, 280000000001L, 29.5, 30.25f,
            "o31", (byte) 32, true, (char) (48 + 34), (short) -35, 36000108, 370000000001L, 38.5, 39.25f, "o40",
            (byte) 41, false, (char) (48 + 43), (short) -44, 45000135, 460000000001L, 47.5, 48.25f, "o49", (byte) 50,
            true, (char) (48 + 52), (short) -53, 54000162, 550000000001L, 56.5, 57.25f, "o58", (byte) 59, false,
            (char) (48 + 61), (short) -62, 63000189, 640000000001L, 65.5, 66.25f, "o67", (byte) 68, true,
            (char) (48 + 0), (short) -71, 72000216, 730000000001L, 74.5, 75.25f, "o76", (byte) 77, false,
            (char) (48 + 9), (short) -80, 81000243, 820000000001L, 83.5, 84.25f, "o85", (byte) 86, true,
            (char) (48 + 18), (short) -89, 90000270, 910000000001L, 92.5, 93.25f, "o94", (byte) 95, false,
            (char) (48 + 27), (short) -98, 99000297, 1000000000001L, 101.5, 102.25f, "o103", (byte) 104, true,
            (char) (48 + 36), (short) -107, 108000324, 1090000000001L, 110.5, 111.25f, "o112", (byte) 113, false,
            (char) (48 + 45), (short) -116, 117000351, 1180000000001L, 119.5, 120.25f, "o121", (byte) 122, true,
            (char) (48 + 54), (short) -125, 126000378, 1270000000001L, 128.5, 129.25f, "o130", (byte) 131, false,
            (char) (48 + 63), (short) -134, 135000405, 1360000000001L, 137.5, 138.25f, "o139", (byte) 140, true,
            (char) (48 + 2), (short) -143, 144000432, 1450000000001L, 146.5, 147.25f, "o148", (byte) 149, false,
            (char) (48 + 11), (short) -152, 153000459, 1540000000001L, 155.5, 156.25f, "o157", (byte) 158, true,
            (char) (48 + 20), (short) -161, 162000486, 1630000000001L, 164.5, 165.25f, "o166", (byte) 167, false,
            (char) (48 + 29), (short) -170, 171000513, 1720000000001L, 173.5, 174.25f, "o175", (byte) 176, true,
            (char) (48 + 38), (short) -179, 180000540, 1810000000001L, 182.5, 183.25f, "o184", (byte) 185, false,
            (char) (48 + 47), (short) -188, 189000567, 1900000000001L, 191.5, 192.25f, "o193", (byte) 194, true,
            (char) (48 + 56), (short) -197, 198000594, 1990000000001L, 200.5, 201.25f, "o202", (byte) 203, false,
            (char) (48 + 65), (short) -206, 207000621};
        for (Method m : OpManyArguments.class.getDeclaredMethods()) {
            if (m.getName().equals("direct")) System.out.println(m.getParameterCount() + " " + m.invoke(null, all));
        }
        Method m = Wide.class.getDeclaredMethods()[0];
        System.out.println(m.invoke(impl, less).hashCode() + " " + m.invoke(wide, less).hashCode());
        System.out.println(mixed(1, 2, 3, 4, 5.0, 6L, "seven", (byte) 8, (short) 9, 'a', true, new long[] {10}, 0.125));
        // 255 arguments are one too many for a method handle, which takes itself as one.
        for (Method each : OpManyArguments.class.getDeclaredMethods()) {
            if (!each.getName().equals("direct")) continue;
            try {
                System.out.println(MethodHandles.lookup().unreflect(each).type().parameterCount());
            } catch (IllegalArgumentException e) {
                System.out.println("IllegalArgumentException " + e.getMessage().startsWith("bad parameter count"));
            }
        }
    }
}
