import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;

/** One workload for the databases: schema, indexes, 10,000 rows, joins, transactions, errors, restart from disk. */
public class Database {
    static String url;

    public static void main(String[] args) throws Exception {
        url = args[0].equals("h2") ? "jdbc:h2:" + args[1] : "jdbc:hsqldb:file:" + args[1];
        try (Connection c = open()) {
            create(c);
            fill(c);
            query(c);
            transactions(c);
            errors(c);
            close(c);
        }
        try (Connection c = open()) {
            System.out.println("after restart");
            query(c);
            close(c);
        }
    }

    static Connection open() throws SQLException {
        return DriverManager.getConnection(url, "SA", "");
    }

    static void close(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("SHUTDOWN");
        }
    }

    static void create(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40), city VARCHAR(20))");
            s.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, amount DECIMAL(10,2), placed DATE)");
            s.execute("CREATE INDEX by_customer ON orders (customer)");
            s.execute("CREATE INDEX by_city ON customer (city)");
        }
    }

    static void fill(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (PreparedStatement p = c.prepareStatement("INSERT INTO customer VALUES (?, ?, ?)")) {
            for (int i = 0; i < 500; i++) {
                p.setInt(1, i);
                p.setString(2, "customer " + i);
                p.setString(3, "city " + i % 17);
                p.addBatch();
            }
            System.out.println("customers " + p.executeBatch().length);
        }
        try (PreparedStatement p = c.prepareStatement("INSERT INTO orders VALUES (?, ?, ?, ?)")) {
            for (int i = 0; i < 10_000; i++) {
                p.setInt(1, i);
                p.setInt(2, (int) ((i * 2654435761L & 0xffffffffL) % 500));
                p.setBigDecimal(3, BigDecimal.valueOf(i * 37 % 10007, 2));
                p.setDate(4, java.sql.Date.valueOf("2024-01-0" + (1 + i % 9)));
                p.executeUpdate();
            }
        }
        c.commit();
        c.setAutoCommit(true);
    }

    static void query(Connection c) throws SQLException {
        show(c, "SELECT COUNT(*), SUM(amount), MIN(placed), MAX(placed) FROM orders");
        show(c, "SELECT c.city, COUNT(*), SUM(o.amount) FROM customer c JOIN orders o ON o.customer = c.id "
                + "GROUP BY c.city HAVING COUNT(*) > 500 ORDER BY c.city");
        show(c, "SELECT name FROM customer WHERE id IN (SELECT customer FROM orders WHERE amount > 99.9) ORDER BY id");
        show(c, "SELECT COUNT(*) FROM customer a LEFT JOIN orders o ON o.customer = a.id AND o.amount < 1 WHERE o.id IS NULL");
        show(c, "SELECT UPPER(SUBSTRING(name, 1, 4)), LENGTH(name) FROM customer WHERE city = 'city 3' ORDER BY id DESC");
    }

    static void transactions(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (Statement s = c.createStatement()) {
            System.out.println("updated " + s.executeUpdate("UPDATE orders SET amount = amount * 2 WHERE customer < 100"));
            show(c, "SELECT SUM(amount) FROM orders");
            c.rollback();
            show(c, "SELECT SUM(amount) FROM orders");
            System.out.println("deleted " + s.executeUpdate("DELETE FROM orders WHERE id >= 9990"));
            c.commit();
        }
        c.setAutoCommit(true);
    }

    static void errors(Connection c) {
        for (String sql : new String[] {"SELECT nothing FROM nowhere", "INSERT INTO customer VALUES (1, 'x', 'y')"}) {
            try (Statement s = c.createStatement()) {
                s.execute(sql);
                System.out.println("no error");
            } catch (SQLException e) {
                System.out.println(e.getSQLState() + " " + e.getErrorCode());
            }
        }
    }

    static void show(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            ResultSetMetaData m = r.getMetaData();
            int rows = 0;
            StringBuilder first = new StringBuilder();
            while (r.next()) {
                if (rows++ < 3) {
                    for (int i = 1; i <= m.getColumnCount(); i++) {
                        first.append(r.getString(i)).append(i < m.getColumnCount() ? "," : ";");
                    }
                }
            }
            System.out.println(rows + " rows: " + first);
        }
    }
}
