import java.util.ArrayDeque;
import java.util.Deque;

public class BoundedStack<T> {
    private final Deque<T> items = new ArrayDeque<>();
    private final int capacity;

    public BoundedStack(int capacity) {
        this.capacity = capacity;
    }

    public void push(T item) {
        if (items.size() == capacity) {
            throw new IllegalStateException("full: " + capacity);
        }
        items.push(item);
    }

    public T pop() {
        return items.pop();
    }

    public int size() {
        return items.size();
    }
}
