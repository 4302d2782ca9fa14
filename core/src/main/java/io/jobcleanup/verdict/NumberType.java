package io.jobcleanup.verdict;

import io.jobcleanup.CleanupResult;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a column of numbers can hold.
 *
 * @param name the type's name, for messages
 * @param least the least value; null where there is no limit
 * @param most the greatest value; null where there is no limit
 * @param scale the most digits after the point; -1 where there is no limit
 */
public record NumberType(
    String name, @Nullable BigDecimal least, @Nullable BigDecimal most, int scale) {

  /**
   * The type of a column.
   *
   * @param type as PostgreSQL spells it, without its modifier
   * @param modifier the modifier as in pg_attribute, -1 for none
   */
  public static NumberType of(String type, int modifier) {
    return switch (type) {
      case "smallint" -> whole(type, Short.MIN_VALUE, Short.MAX_VALUE);
      case "integer" -> whole(type, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case "bigint" -> whole(type, Long.MIN_VALUE, Long.MAX_VALUE);
      case "numeric" -> {
        if (modifier < 4) {
          yield new NumberType(type, null, null, -1);
        }
        int precision = ((modifier - 4) >> 16) & 0xFFFF;
        int scale = (modifier - 4) & 0x7FF;
        BigDecimal most =
            BigDecimal.TEN.pow(precision - scale).subtract(BigDecimal.ONE.movePointLeft(scale));
        yield new NumberType(
            "numeric(%d,%d)".formatted(precision, scale), most.negate(), most, scale);
      }
      default -> new NumberType(type, null, null, -1);
    };
  }

  /** Whether it holds whole numbers alone, and fewer of them than another, or the other parts. */
  public boolean isWholeAndNarrowerThan(NumberType other) {
    return scale == 0
        && most != null
        && (other.scale != 0 || other.most == null || other.most.compareTo(most) > 0);
  }

  private static NumberType whole(String type, long least, long most) {
    return new NumberType(type, BigDecimal.valueOf(least), BigDecimal.valueOf(most), 0);
  }

  /**
   * Whether a value can be kept just as it is.
   *
   * @param what what the value is, for the message
   * @param value the value
   * @return what is in the way; null where nothing is
   */
  public @Nullable String obstacle(String what, BigDecimal value) {
    if ((least != null && value.compareTo(least) < 0)
        || (most != null && value.compareTo(most) > 0)) {
      return "%s would be %s, and %s holds %s to %s"
          .formatted(what, CleanupResult.plain(value), name, least, most);
    }
    if (scale >= 0 && value.stripTrailingZeros().scale() > scale) {
      return "%s would be %s, and %s holds %d digits after the point"
          .formatted(what, CleanupResult.plain(value), name, scale);
    }
    return null;
  }
}
