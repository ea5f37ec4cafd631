// Closures, collections, GStrings, categories, operator overloading, builders, exceptions, recursion, regex.
class Vec {
    int x, y
    Vec plus(Vec o) { new Vec(x: x + o.x, y: y + o.y) }
    Vec multiply(int k) { new Vec(x: x * k, y: y * k) }
    boolean equals(Object o) { o instanceof Vec && o.x == x && o.y == y }
    int hashCode() { 31 * x + y }
    String toString() { "($x, $y)" }
}
println new Vec(x: 1, y: 2) + new Vec(x: 3, y: 4) * 2
def fib
fib = { n -> n < 2 ? n : fib(n - 1) + fib(n - 2) }
println "fib ${fib(15)}"
println((1..20).findAll { it % 3 == 0 }.collect { it * it }.sum())
def words = 'the quick brown fox jumps over the lazy dog the end'.split(' ')
println words.countBy { it }.sort { a, b -> b.value <=> a.value ?: a.key <=> b.key }
println words.groupBy { it.size() }.sort()
println words*.toUpperCase().unique().join('-')
def adder = { a, b -> a + b }
println adder.curry(10)(5)
println([3, 1, 2].sort().reverse().inject('') { acc, v -> acc + v })
try {
    Integer.parseInt('x1')
} catch (NumberFormatException e) {
    println "caught ${e.message}"
} finally {
    println 'finally'
}
try {
    new Vec().missing()
} catch (MissingMethodException e) {
    println "missing ${e.method}"
}
def text = 'a1b22c333'
println((text =~ /\d+/).collect { it })
println text.replaceAll(/[a-z]/) { it.toUpperCase() }
class Counter { static int n = 0; def call() { ++n } }
def counter = new Counter()
5.times { counter() }
println Counter.n
def nested = [a: [b: [c: 42]]]
println nested.a.b.c
println nested?.x?.y
switch (42) { case 1..10: println 'small'; break; case { it > 40 }: println 'big'; break; default: println 'other' }
println 2 ** 100
println 10.5 + 1.25
println 'abc'.metaClass.respondsTo('abc', 'toUpperCase').size() > 0
String.metaClass.shout = { -> delegate.toUpperCase() + '!' }
println 'hello'.shout()
def (p, q) = [1, 2]
println "$p $q"
println((0..<5).collectEntries { [(it): it * it] })
def sb = new StringBuilder()
sb << 'left' << ' ' << 'shift'
println sb
assert [1, 2, 3].every { it > 0 }
println([1, [2, [3, 4]]].flatten())
println new Date(0).format('yyyy', TimeZone.getTimeZone('UTC'))
def memo = { n -> n <= 1 ? 1G : n * call(n - 1) }
println memo(25)
println 'done'
