# Medians (HotSpot: -Xint; hello: -Xshare:off; heap: -Xint -XX:+UseSerialGC), ratios beside HotSpot (and Temurin 25), geometric means.  Input lines: vm benchmark value.
{ key = $1 SUBSEP $2; values[key, ++count[key]] = $3; if (!($2 in seen)) { seen[$2] = 1; names[++n] = $2 } }
function median(vm, name,   key, i, j, k, t, a) {
    key = vm SUBSEP name; k = count[key]
    if (k == 0) return 0
    for (i = 1; i <= k; i++) a[i] = values[key, i]
    for (i = 2; i <= k; i++) for (j = i; j > 1 && a[j] < a[j - 1]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    return a[int((k + 1) / 2)]
}
END {
    if (json != "") printf "{\"results\": ["
    else printf "%-16s %12s %12s %7s %12s %7s\n", "benchmark (us)", "Cloister", "HotSpot17", "ratio", "Temurin25", "ratio"
    for (i = 1; i <= n; i++) {
        name = names[i]; c = median("cloister", name); h = median("hotspot", name); t = median("temurin25", name)
        r = h > 0 && c > 0 ? c / h : 0; r25 = t > 0 && c > 0 ? c / t : 0
        timed = name !~ /^(hello|javac|live|trees18)/
        if (timed && r > 0) { logs += log(r); m++; if (r > worst) { worst = r; worst_name = name } }
        if (timed && r25 > 0) { logs25 += log(r25); m25++ }
        if (json != "") printf("%s{\"name\": \"%s\", \"cloister\": %d, \"hotspot\": %d, \"ratio\": %.3f}", (i > 1 ? ", " : ""), name, c, h, r)
        else printf("%-16s %12d %12d %7.2f %12s %7s\n", name, c, h, r, (t > 0 ? t : "-"), (r25 > 0 ? sprintf("%.2f", r25) : "-"))
    }
    if (json != "") printf("], \"geomean\": %.3f}\n", (m > 0 ? exp(logs / m) : 0))
    else {
        if (m > 0) printf "geometric mean of %d: %.3fx HotSpot 17 -Xint; worst %s %.2fx\n", m, exp(logs / m), worst_name, worst
        if (m25 > 0) printf "geometric mean of %d: %.3fx Temurin 25 -Xint\n", m25, exp(logs25 / m25)
    }
}
