# What busybox's applets make of the tree beside this script.  Prints the same everywhere.
b=busybox
$b find tree -type f | $b sort > list
$b wc -l < list
$b xargs $b sha256sum < list | $b sha512sum
$b grep -rl package tree | $b sort | $b md5sum
$b tar cf all.tar tree && mkdir copy && $b tar xf all.tar -C copy && $b diff -r tree copy/tree && echo tar
$b gzip -c all.tar > all.gz && $b zcat all.gz | $b cmp - all.tar && echo gzip
$b bzip2 -c list | $b bunzip2 | $b cmp - list && echo bzip2
$b find tree -name '*.pm' | $b sort | $b cpio -o -H newc 2> /dev/null | $b cpio -t 2> /dev/null | $b wc -l
$b sed -e 's/a/b/g' -e '/^#/d' tree/strict.pm | $b awk '{ n += length } END { print n, NR }'
$b cp -a tree again && $b chmod -R a-w again
$b ls -lR again | $b awk '/^-/ { print $1, $5 }' | $b sort | $b uniq -c | $b md5sum
$b chmod -R u+w again && $b mv again moved && $b ln -s moved there && $b readlink -f there | $b sed 's|.*/||'
$b rm -r moved copy
$b dd if=/dev/zero of=big bs=64k count=100 2> /dev/null
$b split -b 1000000 big part && $b cat part* | $b cmp - big && echo split
$b ls
$b sh -c 'trap "echo bye" EXIT; (sleep 0.1; echo child) & wait; exit 3' || echo $?
$b timeout 1 $b sleep 5 || echo $?
$b seq 5 | $b tac | $b tr '\n' ' '
$b date -u -d @0
$b expr 6 \* 7
$b factor 1234567890
exit 4
