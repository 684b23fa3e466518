# What Perl's MIME::Parser and Email::Address::XS read in the messages named on the command line,
# as one JSON list.  None of their code is ours or Python's.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Email::Address::XS;
use Encode qw(decode);
use JSON::PP;
use MIME::Parser;

my $parser = MIME::Parser->new;
$parser->output_to_core(1);
$parser->tmp_to_core(1);
$parser->extract_nested_messages(0);

sub words {
    my ($raw) = @_;
    $raw //= "";
    $raw =~ s/\r?\n(?=[ \t])//g;
    $raw =~ s/[\r\n]+$//;
    return decode("MIME-Header", decode("UTF-8", $raw));
}

sub people {
    my ($raw) = @_;
    $raw //= "";
    $raw =~ s/\r?\n(?=[ \t])//g;
    return [map { [words($_->phrase), decode("UTF-8", $_->address)] }
            Email::Address::XS->parse($raw)];
}

sub leaves {
    my ($part) = @_;
    return $part->parts ? map { leaves($_) } $part->parts : ($part);
}

sub content {
    my ($part) = @_;
    my $handle = $part->bodyhandle or return "";
    return $handle->as_string;
}

sub read_one {
    my ($path) = @_;
    my $message = $parser->parse_open($path);
    my $head = $message->head;
    my %found = (subject => words($head->get("Subject", 0)), texts => [], files => []);
    $found{$_} = people($head->get($_, 0)) for qw(From To Cc);
    $found{$_} = words($head->get($_, 0)) for qw(Message-ID In-Reply-To References);
    for my $part (leaves($message)) {
        my $type = $part->mime_type;
        my $name = $part->head->recommended_filename;
        my $id = $part->head->get("Content-ID", 0) // "";
        $id =~ s/[<>\s]//g;
        my $content = content($part);
        if ($type =~ m{^text/(plain|html)$} and not defined $name and not $id) {
            my $charset = $part->head->mime_attr("content-type.charset") // "us-ascii";
            my $text = decode($charset, $content);
            $text =~ s/\r\n/\n/g;
            push @{$found{texts}}, [$type, $text];
        }
        else {
            # MIME::Parser gives the last line end before a boundary as LF.
            $content =~ s/\r?\n/\r\n/g if $type eq "message/rfc822";
            push @{$found{files}}, [$name // "", $type, sha256_hex($content), $id];
        }
    }
    return \%found;
}

print JSON::PP->new->utf8->encode([map { read_one($_) } @ARGV]);
