"""The review room: people read an update, sign it, put it in force, and check the log (Streamlit)."""
