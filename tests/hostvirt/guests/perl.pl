# What perl does with its host, over the tree beside it.  Prints the same everywhere.
use strict;
use warnings;
use threads;
use threads::shared;
use Digest::SHA qw(sha1_hex);
use File::Copy;
use File::Find;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use IPC::Open3;
use POSIX qw(:sys_wait_h);
use Storable;
use Time::HiRes qw(ualarm);

my %sizes;
find(sub { $sizes{$File::Find::name} = -s $_ if -f $_ }, "tree");
print scalar(keys %sizes), " ", sha1_hex(join ",", map { "$_=$sizes{$_}" } sort keys %sizes), "\n";

my $folder = tempdir(DIR => ".");
copy("tree/strict.pm", "$folder/copy") or die;
print -s "$folder/copy", "\n";
store(\%sizes, "$folder/stored");
print scalar(keys %{ retrieve("$folder/stored") }), "\n";

my $found = 0;
for my $name (sort keys %sizes) {
    open my $in, "<", $name or die;
    local $/;
    $found++ if <$in> =~ /sub\s+(\w+)_(\w+)\b.*return/s;
}
print "$found\n";

my $total : shared = 0;
$_->join for map { my $n = $_; threads->create(sub { for (1 .. 1000) { lock $total; $total += $n } }) } 1 .. 8;
print "$total\n";

for my $status (1 .. 10) {
    my $child = fork;
    POSIX::_exit($status) if !$child;
    waitpid $child, 0;
    print WEXITSTATUS($?), "\n";
}
my $child = open3(my $in, my $out, undef, "sort", "-r");
print $in "a\nb\n";
close $in;
print <$out>;
waitpid $child, 0;
system "exit 9";
print $? >> 8, "\n", `echo quoted`;

my $server = IO::Socket::UNIX->new(Local => "$folder/socket", Listen => 1) or die;
if (!fork) {
    my $client = IO::Socket::UNIX->new(Peer => "$folder/socket");
    print $client "over a socket\n";
    exit;
}
print scalar readline $server->accept;
wait;

my $alarms = 0;
local $SIG{ALRM} = sub { $alarms++ };
ualarm 10000, 10000;
select undef, undef, undef, 0.05 while $alarms < 5;
ualarm 0;
print "alarms\n", eval { local $SIG{ALRM} = sub { die "late\n" }; alarm 1; pause; 1 } // $@;
