// Closures, prototypes, generators of work, JSON, regular expressions, exceptions, recursion, Java access.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
print("fib " + fib(18));
function Point(x, y) { this.x = x; this.y = y; }
Point.prototype.plus = function (o) { return new Point(this.x + o.x, this.y + o.y); };
Point.prototype.toString = function () { return "(" + this.x + ", " + this.y + ")"; };
print(new Point(1, 2).plus(new Point(3, 4)));
function counter() { var n = 0; return function () { return ++n; }; }
var c = counter(); c(); c();
print("counter " + c());
var words = "the quick brown fox jumps over the lazy dog the end".split(" ");
var counts = {};
words.forEach(function (w) { counts[w] = (counts[w] || 0) + 1; });
print(Object.keys(counts).sort().map(function (k) { return k + "=" + counts[k]; }).join(","));
print([5, 3, 9, 1].sort(function (a, b) { return a - b; }));
print([1, 2, 3, 4].filter(function (x) { return x % 2 == 0; }).map(function (x) { return x * x; }).reduce(function (a, b) { return a + b; }, 0));
try { null.foo(); } catch (e) { print(e.name + ": " + e.message); }
try { throw new RangeError("out"); } catch (e) { print(e instanceof RangeError, e.message); } finally { print("finally"); }
print(JSON.stringify({ a: [1, 2, { b: "c" }], d: null, e: true }));
var parsed = JSON.parse('{"x": [1, 2, 3], "y": {"z": "w"}}');
print(parsed.x.length + parsed.y.z);
print("2024-01-15".replace(/(\d+)-(\d+)-(\d+)/, "$3/$2/$1"));
print("a1b22c333".match(/\d+/g));
var list = new java.util.ArrayList();
for (var i = 0; i < 5; i++) list.add(i * i);
print(list + " " + list.size());
var map = new java.util.TreeMap();
map.put("b", 2); map.put("a", 1);
for each (var k in map.keySet().toArray()) print(k + " -> " + map.get(k));
var r = new java.lang.Runnable({ run: function () { print("ran in Java's hands"); } });
var t = new java.lang.Thread(r); t.start(); t.join();
try { java.lang.Integer.parseInt("zz"); } catch (e) { print(e.javaException.getClass().getName()); }
print(0.1 + 0.2, 1 / 3, 1e21, -0, NaN, (255).toString(16), parseInt("7f", 16));
print(isNaN("x"), typeof undefined, typeof null, typeof function () {});
var s = ""; for (var p in { a: 1, b: 2 }) s += p; print(s);
print([1, [2, [3]]].toString(), [].concat([1], [2, 3]), "x".charCodeAt(0), String.fromCharCode(65, 66));
switch (3) { case 1: print("one"); break; case 3: print("three"); default: print("falls"); }
label: for (var a = 0; a < 3; a++) { for (var b = 0; b < 3; b++) { if (b == 1) continue label; if (a == 2) break label; print(a + "" + b); } }
print(Math.max.apply(null, [3, 9, 2]), Math.floor(-1.5), Math.round(2.5));
print(new Date(0).toISOString());
print((function () { return arguments.length; })(1, 2, 3));
var o = { get v() { return this._v * 2; }, set v(x) { this._v = x; } }; o.v = 21; print(o.v);
print([3, 1, 2].indexOf(2), "abc".substring(1), "a,b".split(","), " trim ".trim() + "|");
print(eval("1 + 2 * 3"), new Function("a", "return a + 1")(1));
print(escape("a b&c"), encodeURIComponent("ä/?"));
print("done");
