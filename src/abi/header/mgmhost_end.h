#ifdef __cplusplus
}
#endif

#endif /* MGM_HOST_H */
