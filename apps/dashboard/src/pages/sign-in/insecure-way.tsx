import styles from './sign-in-page.module.css';

/** Over plain http from another machine a browser throws the session's cookie away: whoever signed in would not be signed in. */
export function InsecureWay() {
  const { protocol, host, pathname } = window.location;
  return (
    <div role="alert" className={styles['insecure']}>
      <p>
        <strong>You cannot sign in over this connection.</strong> It is not encrypted, and no browser keeps a
        session over it.
      </p>
      {protocol === 'http:' ? (
        <p>
          Open <a href={`https://${host}${pathname}`}>https://{host}</a> if this installation has it, or open
          Waybill on the machine itself.
        </p>
      ) : (
        <p>
          Your side is encrypted, but Waybill does not know it: the proxy before it has to be named in{' '}
          <code>WAYBILL_TRUSTED_PROXIES</code>, and its address in <code>WAYBILL_PUBLIC_URL</code>.
        </p>
      )}
      <p>
        Whoever runs it: put a proxy with a certificate before it, and set <code>WAYBILL_PUBLIC_URL</code>.
      </p>
    </div>
  );
}
