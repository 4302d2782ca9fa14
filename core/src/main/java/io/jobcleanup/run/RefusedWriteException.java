package io.jobcleanup.run;

import io.jobcleanup.postgres.SqlFault;
import java.util.function.Supplier;

/** The host's database refused one write of a refund: it says which. */
final class RefusedWriteException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private RefusedWriteException(String what, SqlFault fault, RuntimeException cause) {
    super("%s is refused: %s".formatted(what, fault), cause);
  }

  /**
   * Writes something.
   *
   * @param what what is written, as in {@code the insert into public.ledger}
   */
  static <T> T unless(String what, Supplier<T> write) {
    try {
      return write.get();
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      throw fault == null ? e : new RefusedWriteException(what, fault, e);
    }
  }
}
