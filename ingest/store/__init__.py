"""The article store: SQLite, its schema a public interface, one writer."""
