package dev.kiln.ledger;

import java.lang.reflect.Type;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.argument.ArgumentFactory;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Binds texts and whole numbers at the first try. Jdbi asks its own factories one after the other,
 * anew for each statement, which took a quarter of the writer's time. Thread-safe.
 */
final class PlainArguments implements ArgumentFactory.Preparable {
  private static final Map<Type, Function<Object, Argument>> BINDERS =
      Map.of(
          String.class, value -> plain(value, Types.VARCHAR, PreparedStatement::setString),
          Long.class, value -> plain(value, Types.BIGINT, PreparedStatement::setLong),
          long.class, value -> plain(value, Types.BIGINT, PreparedStatement::setLong),
          Integer.class, value -> plain(value, Types.INTEGER, PreparedStatement::setInt),
          int.class, value -> plain(value, Types.INTEGER, PreparedStatement::setInt));

  /** One of the setters of a statement. */
  @FunctionalInterface
  private interface Setter<T> {
    void set(PreparedStatement statement, int position, T value) throws SQLException;
  }

  @SuppressWarnings("unchecked")
  private static <T> Argument plain(@Nullable Object value, int type, Setter<T> setter) {
    return (position, statement, context) -> {
      if (value == null) {
        statement.setNull(position, type);
      } else {
        setter.set(statement, position, (T) value);
      }
    };
  }

  @Override
  public Optional<Function<Object, Argument>> prepare(Type type, ConfigRegistry config) {
    return Optional.ofNullable(BINDERS.get(type));
  }
}
