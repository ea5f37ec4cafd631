import java.util.Iterator;
import java.util.NoSuchElementException;

/** Splits a line into lower-case words. */
final class Tokenizer implements Iterable<Token> {
    private final String line;

    Tokenizer(String line) {
        this.line = line;
    }

    @Override
    public Iterator<Token> iterator() {
        return new Iterator<>() {
            private int at = skip(0, false);

            private int skip(int from, boolean letters) {
                int i = from;
                while (i < line.length() && Character.isLetter(line.charAt(i)) == letters) {
                    i++;
                }
                return i;
            }

            @Override
            public boolean hasNext() {
                return at < line.length();
            }

            @Override
            public Token next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                int start = at;
                int end = skip(start, true);
                at = skip(end, false);
                return new Token(line.substring(start, end).toLowerCase(), start + 1);
            }
        };
    }
}

record Token(String text, int column) { }
