package dev.kiln;

import java.io.File;
import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.apache.camel.component.file.GenericFileExclusiveReadLockStrategy;
import org.apache.camel.component.file.GenericFileOperations;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The read locks {@code claims} of the inbox and {@code spool-claims} of the spool: a file is
 * claimed just before it is read, and not when it is listed, so that Kilns that share a folder
 * share the work. Thread-safe.
 */
final class ClaimLock implements GenericFileExclusiveReadLockStrategy<File> {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimLock.class);

  private final @Nullable Claims claims;

  /**
   * @param claims null where nobody else reads the folder: every file may be read then
   */
  ClaimLock(@Nullable Claims claims) {
    this.claims = claims;
  }

  @Override
  public boolean acquireExclusiveReadLock(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    try {
      return claims == null || claims.take(file.getFile().toPath());
    } catch (IOException failure) {
      LOG.warn(
          "{} is not read, since it cannot be claimed ({}): let the user that runs Kiln write its folder",
          file.getFileNameOnly(),
          failure.toString());
      return false;
    }
  }

  private void done(GenericFile<File> file) {
    if (claims != null) {
      claims.done(file.getFile().toPath());
    }
  }

  @Override
  public void releaseExclusiveReadLockOnAbort(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    done(file);
  }

  @Override
  public void releaseExclusiveReadLockOnRollback(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    done(file);
  }

  @Override
  public void releaseExclusiveReadLockOnCommit(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    done(file);
  }

  // What an endpoint may set means nothing here.

  @Override
  public void prepareOnStartup(
      GenericFileOperations<File> operations, GenericFileEndpoint<File> endpoint) {}

  @Override
  public void setTimeout(long timeout) {}

  @Override
  public void setCheckInterval(long checkInterval) {}

  @Override
  public void setReadLockLoggingLevel(LoggingLevel readLockLoggingLevel) {}

  @Override
  public void setMarkerFiler(boolean markerFile) {}

  @Override
  public void setDeleteOrphanLockFiles(boolean deleteOrphanLockFiles) {}
}
