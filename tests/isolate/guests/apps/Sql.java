import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A handler with a database in its process: each call adds a row and asks for a sum. */
public class Sql {
    private static final Connection database = open();

    private static Connection open() {
        try {
            Connection c = DriverManager.getConnection("jdbc:h2:mem:test", "SA", "");
            try (Statement s = c.createStatement()) {
                s.execute("CREATE TABLE item(id IDENTITY PRIMARY KEY, name VARCHAR(40), price INT)");
                s.execute("CREATE INDEX by_name ON item(name)");
            }
            for (int i = 0; i < 2000; i++)
                add(c, "item" + i % 50, i);
            return c;
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static void add(Connection c, String name, int price) throws SQLException {
        try (PreparedStatement s = c.prepareStatement("INSERT INTO item(name, price) VALUES (?, ?)")) {
            s.setString(1, name);
            s.setInt(2, price);
            s.executeUpdate();
        }
    }

    public static String ask(int n) throws SQLException {
        if (n >= 0) /* a call for warming leaves the table as it is */
            add(database, "item" + n, n);
        try (PreparedStatement s = database.prepareStatement(
                "SELECT COUNT(*), SUM(price), MAX(name) FROM item WHERE name = ? OR price > 1900")) {
            s.setString(1, "item" + n);
            try (ResultSet r = s.executeQuery()) {
                r.next();
                return r.getInt(1) + " " + r.getLong(2) + " " + r.getString(3);
            }
        }
    }

    public static void main(String[] args) throws SQLException {
        System.out.println('"' + ask(Integer.parseInt(args[0])) + '"');
    }
}
