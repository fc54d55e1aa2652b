//! A typed client of Cloudflare's Secrets Store API: it builds requests and reads responses, and does no I/O.
